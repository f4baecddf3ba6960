import type { ActionResult } from '../gen/build/bazel/remote/execution/v2/remote_execution.js';
import type { Digest } from '../reapi/digest.js';
import type { Origin } from '../trust/belief.js';
import type { BlobSink } from './blob-sink.js';

/** A result, and what it says that it was built under; null where the store does not tell. */
export interface StoreEntry {
  readonly result: ActionResult;
  readonly origin: Origin | null;
}

/**
 * A place that keeps results by their actions, and the blobs that they need. Whatever blob comes out of it was held
 * against its digest; a result is still to be checked by who reads it.
 */
export interface Store {
  readonly name: 'local' | 'cache' | 'remote';
  /** Undefined where there is none. @throws UnusableResult for one that cannot be read */
  entry(action: Digest, signal: AbortSignal): Promise<StoreEntry | undefined>;
  /**
   * @param digests each once, without the empty blob
   * @throws UnusableBlob for one that is missing or corrupt; the sink then holds no part of a blob
   */
  read(digests: readonly Digest[], sink: BlobSink, signal: AbortSignal): Promise<void>;
  /**
   * Makes sure that all that a result needs is there, for a caller who reads none of it.
   *
   * @param inTrees what the files of its trees hold, and its own
   * @throws UnusableBlob
   */
  checkComplete(result: ActionResult, inTrees: readonly Digest[], signal: AbortSignal): Promise<void>;
  /** Makes sure that a corrupt blob is not found again. */
  discard(digest: Digest): Promise<void> | void;
}
