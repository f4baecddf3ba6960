import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { yieldTurn } from '../async/yielding.js';

/** A file of casd's storage, which is named by a hash. */
export interface StoredObject {
  readonly hash: string;
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** The time of its last use, in milliseconds since 1970: casd and we set it as the file's modification time. */
  readonly usedAt: number;
}

const HASH = /^[0-9a-f]{64}$/;

/**
 * The objects below a folder of casd's, a fan at a time: it fans out by the first two digits of the hash. A fan is read
 * synchronously: a hundred thousand files take half a second so, and several with a promise for each.
 *
 * @param folder `cas/objects` or `actioncache/objects`; one that is not there holds nothing
 */
export async function* walkObjects(
  folder: string,
  signal: AbortSignal,
): AsyncGenerator<readonly StoredObject[]> {
  for (const prefix of namesIn(folder)) {
    await yieldTurn(signal);
    yield objectsIn(folder, prefix);
  }
}

function objectsIn(folder: string, prefix: string): readonly StoredObject[] {
  const fan = join(folder, prefix);
  return namesIn(fan).flatMap((name) => {
    const hash = prefix + name;
    const path = `${fan}/${name}`;
    const status = HASH.test(hash) ? lstatSync(path, { throwIfNoEntry: false }) : undefined;
    return status?.isFile() === true ? [{ hash, path, size: status.size, usedAt: status.mtimeMs }] : [];
  });
}

/** A folder that casd or another process removes meanwhile is an empty one. */
function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
