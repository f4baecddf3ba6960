import type { BlobFile } from '../cas/file-sink.js';
import { discardBlob } from '../casd/discard.js';
import type { CacheFolder } from '../casd/folder.js';
import { confirmStored, copyStoredFiles, readStoredBlob, readStoredResult } from '../casd/stored-results.js';
import type { ActionResult } from '../gen/build/bazel/remote/execution/v2/remote_execution.js';
import type { Digest } from '../reapi/digest.js';
import type { Origin } from '../trust/belief.js';

/** What a tree of a million files takes: nothing that is larger is read into memory. */
export const MOST_BYTES_IN_MEMORY = 256 * 1024 * 1024;

/** A result, and what it says that it was built under; null where the place does not tell. */
export interface SourcedResult {
  readonly result: ActionResult;
  readonly origin: Origin | null;
}

/** A place that keeps results and their blobs. Whatever comes out of it was held against its digest. */
export interface ResultSource {
  readonly name: 'local' | 'cache' | 'remote';
  /** Undefined where there is none. @throws UnusableResult for one that cannot be read */
  getActionResult(actionDigest: Digest, signal: AbortSignal): Promise<SourcedResult | undefined>;
  /** Into memory. @throws UnusableResult for what is larger than a tree may be; UnusableBlob, as `fetchFiles` does */
  fetchBlob(digest: Digest, signal: AbortSignal): Promise<Buffer>;
  fetchFiles(files: readonly BlobFile[], signal: AbortSignal): Promise<void>;
  /** Makes sure that all these blobs are there, for a caller who fetches none of them. @throws UnusableBlob */
  confirm(result: ActionResult, files: readonly Digest[], signal: AbortSignal): Promise<void>;
  /** Makes sure that a corrupt blob is not found again. */
  discard(digest: Digest): Promise<void> | void;
}

/** The local cache. No casd needs to run for it. */
export function localResults(folder: CacheFolder): ResultSource {
  return {
    name: 'local',
    getActionResult: (digest) => readStoredResult(folder, digest),
    fetchBlob: (digest) => readStoredBlob(folder, digest),
    fetchFiles: (files, signal) => copyStoredFiles(folder, files, signal),
    confirm: async (_result, files) => {
      for (const digest of files) await confirmStored(folder, digest);
    },
    discard: (digest) => discardBlob(folder, digest),
  };
}
