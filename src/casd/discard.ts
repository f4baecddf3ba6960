import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Digest } from '../reapi/digest.js';
import type { CacheFolder } from './folder.js';
import { objectPath } from './layout.js';

/**
 * Removes a corrupt blob from the local cache. casd believes what it holds, so it would keep the damaged bytes even
 * when the right ones are stored again, and no call of its own removes a blob.
 */
export async function discardBlob(folder: CacheFolder, digest: Digest): Promise<void> {
  await rm(join(folder.storage, objectPath(digest)), { force: true });
}
