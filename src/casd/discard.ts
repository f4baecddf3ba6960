import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Digest } from '../reapi/digest.js';
import type { CacheFolder } from './folder.js';

/**
 * Removes a corrupt blob from the local cache. casd believes what it holds, so it would keep the damaged bytes even
 * when the right ones are stored again, and no call of its own removes a blob.
 */
export async function discardBlob(folder: CacheFolder, { hash }: Digest): Promise<void> {
  await rm(join(folder.storage, 'cas', 'objects', hash.slice(0, 2), hash.slice(2)), { force: true });
}
