import { join } from 'node:path';
import type { CacheFolder } from '../local/folder.js';
import { objectPath } from '../local/layout.js';
import type { StoredEntry } from '../local/stored-contents.js';
import { updateActionResult } from '../remote/action-cache.js';
import { blobInFile } from '../cas/blob-source.js';
import { uploadMissing } from '../remote/transfer/upload.js';
import type { RemoteServices } from '../remote/services.js';
import { actionOf, readEntry } from './remote-presence.js';

export interface PushedResult {
  /** Whether the remote has all of it now. */
  readonly taken: boolean;
  readonly blobs: number;
  readonly bytes: number;
}

/**
 * Gives a result of the local cache to the remote, with its Action and Command: first what the remote lacks of the blobs,
 * then the entry.
 *
 * @throws RpcError, Unavailable
 */
export async function pushStored(
  { cas, actionCache, updateEnabled }: RemoteServices,
  folder: CacheFolder,
  entry: StoredEntry,
  signal: AbortSignal,
): Promise<PushedResult> {
  const action = actionOf(entry);
  if (action === undefined || !updateEnabled) return { taken: false, blobs: 0, bytes: 0 };
  const result = await readEntry(entry);
  const sources = [...entry.recipe, ...entry.blobs].map((digest) =>
    blobInFile(digest, join(folder.storage, objectPath(digest))),
  );
  const { blobs, bytes, refused } = await uploadMissing(cas, sources, signal);
  if (refused.length === 0) await updateActionResult(actionCache, action, result, signal);
  return { taken: refused.length === 0, blobs, bytes };
}
