import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemErrorCode } from '../errors.js';
import { digestOf, type Digest } from '../reapi/digest.js';
import type { CacheFolder } from './folder.js';
import { objectPath } from './layout.js';
import { removeObject } from './remove-object.js';
import { isUnreadable } from './unreadable.js';

/**
 * Reads directories of trees out of the local cache. A tree has thousands, all of them small: a promise for each would
 * take longer than the reading.
 *
 * @returns for each undefined where it is missing, or was damaged and is now gone
 */
export function storedDirectories(folder: CacheFolder): (digest: Digest) => Uint8Array | undefined {
  return (digest) => {
    const file = join(folder.storage, objectPath(digest));
    const bytes = readWhole(file);
    if (bytes === 'missing') return undefined;
    if (bytes !== 'unreadable' && digestOf(bytes).hash === digest.hash) return bytes;
    removeObject(file); // casd would keep it as it is.
    return undefined;
  };
}

function readWhole(file: string): Uint8Array | 'missing' | 'unreadable' {
  try {
    return readFileSync(file);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return 'missing';
    if (isUnreadable(error)) return 'unreadable';
    throw error;
  }
}
