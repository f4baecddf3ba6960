import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { systemErrorCode } from '../errors.js';
import { digestOf, type Digest } from '../reapi/digest.js';
import type { CacheFolder } from './folder.js';
import { objectPath } from './layout.js';

/**
 * Reads directories of trees out of the local cache. A tree has thousands, all of them small: a promise for each would
 * take longer than the reading.
 *
 * @returns for each undefined where it is missing, or was damaged and is now gone
 */
export function storedDirectories(folder: CacheFolder): (digest: Digest) => Uint8Array | undefined {
  return (digest) => {
    const file = join(folder.storage, objectPath(digest));
    const bytes = readIfThere(file);
    if (bytes === undefined || digestOf(bytes).hash === digest.hash) return bytes;
    rmSync(file, { force: true }); // casd would keep it as it is.
    return undefined;
  };
}

function readIfThere(file: string): Uint8Array | undefined {
  try {
    return readFileSync(file);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
