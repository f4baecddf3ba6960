import { createReadStream } from 'node:fs';
import { messageOf } from '../errors.js';
import { formatDigest, type Digest } from '../reapi/digest.js';
import { readInto } from '../files/read-into.js';

/** Blobs up to this many bytes are read as a whole, and at once: a promise for each would take longer than the reading. */
export const SMALL_BLOB = 1 << 20;

/** A blob that is somewhere here and can be read, as often as needed. */
export interface BlobSource {
  readonly digest: Digest;
  /**
   * Reads the blob into a buffer; only asked of blobs that fit one message or are small.
   *
   * @param target one byte longer than the blob, so that a longer one shows
   * @returns how many bytes there were, at most as many as fit
   */
  readInto(target: Buffer): number;
  /** The blob in pieces of any size. */
  open(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** What a blob was to be read from cannot be read, or is no longer what its digest says. */
export class UnusableSource extends Error {
  override readonly name = 'UnusableSource';
}

/**
 * Reads a whole source.
 *
 * @param target one byte longer than the blob
 * @throws UnusableSource
 */
export function readSource(source: BlobSource, target: Buffer): void {
  if (readAsMuch(source, target) !== source.digest.sizeBytes) throw changed(source.digest);
}

function readAsMuch(source: BlobSource, target: Buffer): number {
  try {
    return source.readInto(target);
  } catch (error) {
    throw new UnusableSource(messageOf(error), { cause: error });
  }
}

/**
 * Reads a source in pieces.
 *
 * @param onPiece called with the bytes of each
 * @throws UnusableSource
 */
export async function* openSource(
  source: BlobSource,
  onPiece: (bytes: number) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  let size = 0;
  try {
    for await (const piece of source.open()) {
      size += piece.length;
      onPiece(piece.length);
      yield piece;
    }
  } catch (error) {
    throw new UnusableSource(messageOf(error), { cause: error });
  }
  if (size !== source.digest.sizeBytes) throw changed(source.digest);
}

function changed(digest: Digest): UnusableSource {
  return new UnusableSource(`what ${formatDigest(digest)} was read from has another size by now`);
}

const PIECE = 256 * 1024;

export function blobInMemory(digest: Digest, bytes: Uint8Array): BlobSource {
  return new MemoryBlob(digest, bytes);
}

/** @param path absolute; a checkout's file or an object of casd's store */
export function blobInFile(digest: Digest, path: string): BlobSource {
  return new FileBlob(digest, path);
}

class MemoryBlob implements BlobSource {
  constructor(
    readonly digest: Digest,
    private readonly bytes: Uint8Array,
  ) {}

  readInto(target: Buffer): number {
    target.set(this.bytes.subarray(0, target.length));
    return Math.min(this.bytes.length, target.length);
  }

  *open(): Generator<Uint8Array, void, undefined> {
    for (let start = 0; start < this.bytes.length; start += PIECE)
      yield this.bytes.subarray(start, start + PIECE);
  }
}

/** One of a hundred thousand: its methods are not made anew for each. */
class FileBlob implements BlobSource {
  constructor(
    readonly digest: Digest,
    private readonly path: string,
  ) {}

  readInto(target: Buffer): number {
    return readInto(this.path, target);
  }

  open(): AsyncIterable<Uint8Array> {
    return createReadStream(this.path, { highWaterMark: PIECE }) as AsyncIterable<Uint8Array>;
  }
}
