import { type Digest } from '../../reapi/digest.js';
import { BLOB_OVERHEAD } from '../../rpc/batches-by-size.js';

/** What a digest takes in a message, in bytes: hash, size, and the lengths of both. */
export const DIGEST_BYTES = 80;

/** What a blob takes in a message. */
export function bytesInBatch({ sizeBytes }: Digest): number {
  return sizeBytes + BLOB_OVERHEAD;
}
