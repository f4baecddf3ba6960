import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { messageOf } from '../errors.js';
import { formatDigest, type Digest } from '../reapi/digest.js';

/** A blob that is somewhere here and can be read, as often as needed. */
export interface BlobSource {
  readonly digest: Digest;
  /** The whole blob; only asked of blobs that fit one message. */
  read(): Promise<Uint8Array>;
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
 * @throws UnusableSource
 */
export async function readSource(source: BlobSource): Promise<Uint8Array> {
  const bytes = await source.read().catch((error: unknown) => {
    throw new UnusableSource(messageOf(error), { cause: error });
  });
  if (bytes.length !== source.digest.sizeBytes) throw changed(source.digest, bytes.length);
  return bytes;
}

/**
 * Reads a source in pieces.
 *
 * @throws UnusableSource
 */
export async function* openSource(source: BlobSource): AsyncGenerator<Uint8Array, void, undefined> {
  let size = 0;
  try {
    for await (const piece of source.open()) {
      size += piece.length;
      yield piece;
    }
  } catch (error) {
    throw new UnusableSource(messageOf(error), { cause: error });
  }
  if (size !== source.digest.sizeBytes) throw changed(source.digest, size);
}

function changed(digest: Digest, size: number): UnusableSource {
  return new UnusableSource(`what ${formatDigest(digest)} was read from has ${size} bytes by now`);
}

const PIECE = 256 * 1024;

export function blobInMemory(digest: Digest, bytes: Uint8Array): BlobSource {
  return {
    digest,
    read: () => Promise.resolve(bytes),
    *open() {
      for (let start = 0; start < bytes.length; start += PIECE) yield bytes.subarray(start, start + PIECE);
    },
  };
}

/** @param path absolute; a checkout's file or an object of casd's store */
export function blobInFile(digest: Digest, path: string): BlobSource {
  return {
    digest,
    read: () => readFile(path),
    open: () => createReadStream(path, { highWaterMark: PIECE }) as AsyncIterable<Uint8Array>,
  };
}
