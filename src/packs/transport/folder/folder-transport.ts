import { constants, copyFile, lstat, readdir, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { systemErrorCode } from '../../../errors.js';
import { folderAccess, folderError } from './folder-access.js';
import { isObjectName, storeInFolder } from './folder-store.js';
import { sweepFolder } from './folder-sweep.js';
import { type FetchedObject, OversizedObject, type Transport, TransportError } from '../transport.js';
import { untilAborted } from '../../../async/until-aborted.js';

/**
 * Objects as files of a folder, such as another CI system's own cache or a share of one's own machines. The newest
 * object of a prefix is the one whose key is the greatest.
 *
 * An abort ends the wait, not the call of a share that hangs, so it is the helper process that works with this one:
 * see `openFolder`.
 */
export function folderTransport(path: string): Transport {
  const folder = resolve(path);
  const access = folderAccess(folder);

  /** Fails with what is said in one line; an abort stays the caller's own reason. */
  async function attempt<T>(what: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    try {
      return await untilAborted(work(), signal);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (error instanceof OversizedObject) throw error;
      throw folderError(folder, what, error);
    }
  }

  function allow(action: 'read' | 'write', keys: readonly string[]): void {
    if (!access[action]) throw new TransportError(access.why ?? `${folder} is closed`, 'denied');
    for (const key of keys) {
      if (isObjectName(key)) continue;
      throw new TransportError(
        `the folder ${folder}: ${JSON.stringify(key)} cannot be a file's name`,
        'failed',
      );
    }
  }

  async function copyOut(
    key: string,
    target: string,
    most: number,
    signal: AbortSignal,
  ): Promise<FetchedObject | undefined> {
    const size = await sizeOf(key);
    if (size === undefined) return undefined;
    if (size > most) throw new OversizedObject(key, most);
    try {
      await copyFile(join(folder, key), target, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
      signal.throwIfAborted();
      return { key, bytes: (await stat(target)).size };
    } catch (error) {
      if (systemErrorCode(error) === 'EEXIST') throw error; // What is at the target is not ours.
      await rm(target, { force: true });
      if (systemErrorCode(error) === 'ENOENT' && !(await isThere(key))) return undefined;
      throw error;
    }
  }

  /** What is no file is no object: reading a pipe would never end, and nothing ends it; nor would that of a device. */
  async function sizeOf(key: string): Promise<number | undefined> {
    try {
      const found = await lstat(join(folder, key));
      return found.isFile() ? found.size : undefined;
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  async function isThere(key: string): Promise<boolean> {
    return (await sizeOf(key)) !== undefined;
  }

  async function newest(
    prefix: string,
    target: string,
    most: number,
    signal: AbortSignal,
  ): Promise<FetchedObject | undefined> {
    for (const key of await keysOf(folder, prefix)) {
      const object = await copyOut(key, target, most, signal);
      if (object !== undefined) return object; // Else it was swept in between, or is none.
    }
    return undefined;
  }

  return {
    name: `the folder ${folder}`,
    access,
    fetchNewest: async (prefix, target, most, signal) => {
      allow('read', []);
      return attempt(`could not fetch ${prefix}*`, signal, () => newest(prefix, target, most, signal));
    },
    fetch: async (key, target, most, signal) => {
      allow('read', [key]);
      return attempt(`could not fetch ${key}`, signal, () => copyOut(key, target, most, signal));
    },
    has: async (key, signal) => {
      allow('read', [key]);
      return attempt(`could not look for ${key}`, signal, () => isThere(key));
    },
    store: async (key, file, signal) => {
      allow('write', [key]);
      return attempt(`could not store ${key}`, signal, () => storeInFolder(folder, key, file, signal));
    },
    sweep: async (prefix, keep, signal) => {
      allow('write', []);
      return attempt(`could not sweep ${prefix}*`, signal, () => sweepFolder(folder, prefix, keep, signal));
    },
    close: () => Promise.resolve(),
  };
}

/** The greatest first. */
async function keysOf(folder: string, prefix: string): Promise<readonly string[]> {
  try {
    const names = await readdir(folder);
    return names
      .filter((name) => name.startsWith(prefix) && isObjectName(name))
      .sort()
      .reverse();
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return [];
    throw error;
  }
}
