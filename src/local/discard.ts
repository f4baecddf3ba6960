import { join } from 'node:path';
import type { Digest } from '../reapi/digest.js';
import type { CacheFolder } from './folder.js';
import { objectPath } from './layout.js';
import { removeObject } from './remove-object.js';

/** Removes a corrupt blob from the local cache. */
export function discardBlob(folder: CacheFolder, digest: Digest): void {
  removeObject(join(folder.storage, objectPath(digest)));
}
