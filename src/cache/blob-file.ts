import { closeSync, createReadStream, openSync, readSync } from 'node:fs';
import type { Digest } from '../reapi/digest.js';

/** A blob that is to be put into a pack. */
export interface PackInput {
  readonly digest: Digest;
  /** Its content; small ones as a whole. What it throws as ENOENT says that the blob is missing. */
  open(): Uint8Array | AsyncIterable<Uint8Array>;
}

/** Blobs up to this many bytes are read as a whole, and at once: a promise for each would take longer than the reading. */
export const SMALL_BLOB = 1 << 20;

/** A blob that is in a file of its own. */
export function blobFile(digest: Digest, path: string): PackInput {
  return {
    digest,
    open: () =>
      digest.sizeBytes <= SMALL_BLOB
        ? readSmall(path, digest.sizeBytes)
        : (createReadStream(path, { highWaterMark: SMALL_BLOB }) as AsyncIterable<Buffer>),
  };
}

/** Reads a byte more than there should be, so that a file that is too long shows. */
function readSmall(path: string, bytes: number): Buffer {
  const file = openSync(path, 'r');
  try {
    const content = Buffer.allocUnsafe(bytes + 1);
    return content.subarray(0, readSync(file, content));
  } finally {
    closeSync(file);
  }
}
