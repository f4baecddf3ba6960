import { getActionResult } from '../casd/action-cache.js';
import type { CasdConnection } from '../casd/connection.js';
import { discardBlob } from '../casd/discard.js';
import { fetchBlob, fetchFiles, type FileToFetch } from '../casd/fetch.js';
import type { CacheFolder } from '../casd/folder.js';
import type { ActionResult } from '../gen/build/bazel/remote/execution/v2/remote_execution.js';
import type { Digest } from '../reapi/digest.js';

/** A place that keeps results and their blobs. Whatever comes out of it was held against its digest. */
export interface ResultSource {
  readonly name: 'local' | 'remote';
  /** Undefined where there is none. */
  getActionResult(actionDigest: Digest, signal: AbortSignal): Promise<ActionResult | undefined>;
  /** @throws UnusableBlob, as `fetchFiles` does */
  fetchBlob(digest: Digest, signal: AbortSignal): Promise<Buffer>;
  fetchFiles(files: readonly FileToFetch[], signal: AbortSignal): Promise<void>;
  /** Makes sure that all a result names is there, for a caller who fetches none of it. @throws UnusableBlob */
  confirm(result: ActionResult, signal: AbortSignal): Promise<void>;
  /** Makes sure that a corrupt blob is not found again. */
  discard(digest: Digest): Promise<void>;
}

/** The local cache, through its casd. */
export function localResults(casd: CasdConnection, folder: CacheFolder): ResultSource {
  return {
    name: 'local',
    getActionResult: (digest, signal) => getActionResult(casd, digest, signal),
    fetchBlob: (digest, signal) => fetchBlob(casd, digest, signal),
    fetchFiles: (files, signal) => fetchFiles(casd, files, signal),
    confirm: () => Promise.resolve(), // casd gives no result whose blobs it lacks.
    discard: (digest) => discardBlob(folder, digest),
  };
}
