import { lstatSync, type Stats } from 'node:fs';
import { systemErrorCode } from '../errors.js';
import { parentOf, pathOf, rawName, type RawName } from './names.js';

/** The status of the file or link itself; undefined when it is not there. */
export function statusOf(root: string, name: RawName): Stats | undefined {
  try {
    return lstatSync(pathOf(root, name), { throwIfNoEntry: false });
  } catch (error) {
    if (systemErrorCode(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** Answers, and remembers, whether a folder is reached from the root without following a symbolic link. */
export function realFolders(root: string): (name: RawName) => boolean {
  const known = new Map<RawName, boolean>([[rawName(''), true]]);
  const isReal = (name: RawName): boolean => {
    let answer = known.get(name);
    if (answer === undefined) {
      answer = isReal(parentOf(name)) && statusOf(root, name)?.isDirectory() === true;
      known.set(name, answer);
    }
    return answer;
  };
  return isReal;
}
