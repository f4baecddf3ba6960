import { distinctDigests, formatDigest, type Digest } from '../reapi/digest.js';
import { type BlobFile, FileSink } from './file-sink.js';
import { MemorySink } from './memory-sink.js';
import type { Store } from './store.js';
import { UnusableResult } from './unusable-result.js';

/** What a tree of a million files takes: nothing that is larger is read into memory. */
const MOST_BYTES_IN_MEMORY = 256 * 1024 * 1024;

/** Reads a blob into memory. @throws UnusableResult for one that is larger than any tree; UnusableBlob */
export async function readBlob(store: Store, digest: Digest, signal: AbortSignal): Promise<Buffer> {
  if (digest.sizeBytes > MOST_BYTES_IN_MEMORY) {
    throw new UnusableResult(`${formatDigest(digest)} has more than ${MOST_BYTES_IN_MEMORY} bytes`);
  }
  const sink = new MemorySink();
  await store.read(distinctDigests([digest]), sink, signal);
  return sink.blobs.get(digest.hash) ?? Buffer.alloc(0);
}

/**
 * Makes files of blobs, each read once however many files are made of it.
 *
 * @throws UnusableBlob; the files made so far are then the caller's to remove
 */
export async function readFiles(
  store: Store,
  files: readonly BlobFile[],
  signal: AbortSignal,
): Promise<void> {
  const sink = new FileSink(files);
  sink.makeEmpty();
  await store.read(sink.digests, sink, signal);
}
