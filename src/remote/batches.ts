import { type Digest } from '../reapi/digest.js';

/** What a digest takes in a message, in bytes: hash, size, and the lengths of both. */
export const DIGEST_BYTES = 80;

/** What a blob takes in a message beside its bytes: digest, compressor or status, lengths. */
const BLOB_OVERHEAD = 128;

/** What blobs take in a message together. */
export function bytesUnderWay(digests: readonly Digest[]): number {
  return digests.reduce((sum, digest) => sum + bytesInBatch(digest), 0);
}

export function bytesInBatch({ sizeBytes }: Digest): number {
  return sizeBytes + BLOB_OVERHEAD;
}

/** Splits into runs whose cost stays below the limit; a thing that costs more comes alone. */
export function* batchesBySize<T>(
  things: Iterable<T>,
  cost: (thing: T) => number,
  limit: number,
): Generator<T[], void, undefined> {
  let batch: T[] = [];
  let room = limit;
  for (const thing of things) {
    const bytes = cost(thing);
    if (bytes > room && batch.length > 0) {
      yield batch;
      batch = [];
      room = limit;
    }
    batch.push(thing);
    room -= bytes;
  }
  if (batch.length > 0) yield batch;
}

/** Every digest once, without the empty blob, which is always present. */
export function distinctDigests(digests: Iterable<Digest>): Digest[] {
  const distinct = new Map<string, Digest>();
  for (const digest of digests) if (digest.sizeBytes !== 0) distinct.set(digest.hash, digest);
  return [...distinct.values()];
}
