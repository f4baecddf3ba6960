import { createHash } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { yieldTurn } from '../../async/yielding.js';
import { systemErrorCode } from '../../errors.js';
import { digestOf, sameDigest, type Digest } from '../../reapi/digest.js';
import { UnusableBlob } from '../../reapi/unusable-blob.js';
import { type BlobSource, SMALL_BLOB } from '../../cas/blob-source.js';
import type { Pack } from '../index/cache-index.js';
import { nodeZstd, type NodeZstd } from '../../zstd/node-zstd.js';

/** Small blobs are handed on together. */
const PIECE_BYTES = 1 << 20;
/** So often others get their turn. */
const BLOBS_AT_ONCE = 500;

/**
 * Writes blobs into a new pack, one after the other, each held against its digest.
 *
 * @param file where nothing is yet
 * @param zstd null: does not compress
 * @throws UnusableBlob for the first that is missing or not what its digest says; then, and after every other error,
 *   nothing is at `file`
 */
export async function writePack(
  file: string,
  sources: Iterable<BlobSource>,
  signal: AbortSignal,
  zstd: NodeZstd | null = nodeZstd,
): Promise<Omit<Pack, 'key'>> {
  const blobs: Digest[] = [];
  const content = contentOf(sources, blobs, signal);
  const target = await open(file, 'wx', 0o600);
  try {
    const hash = createHash('sha256');
    let bytes = 0;
    for await (const piece of zstd === null ? content : compressed(zstd, content, signal)) {
      signal.throwIfAborted();
      hash.update(piece);
      bytes += piece.length;
      await target.writeFile(piece);
    }
    await target.close();
    return { id: hash.digest('hex'), bytes, codec: zstd === null ? 'none' : 'zstd', blobs };
  } catch (error) {
    await target.close();
    await rm(file, { force: true });
    signal.throwIfAborted();
    throw error;
  }
}

/** What is compressed may wait for the disk while the compressor goes on; what is not, must not wait: see below. */
const COMPRESSOR = { chunkSize: 256 * 1024, writableHighWaterMark: 1, readableHighWaterMark: 4 << 20 };

/**
 * One frame, and no more: where Node's compressor is told of the end while it still has a piece to do, it ends the
 * frame with that piece and then ends an empty one. Ending this early ends what it reads from.
 */
async function* compressed(
  zstd: NodeZstd,
  content: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const compressor = zstd.createZstdCompress(COMPRESSOR);
  const fed = pipeline(content, compressor, { signal }).catch((error: unknown) => {
    compressor.destroy(error as Error);
  });
  try {
    for await (const piece of compressor) yield piece as Buffer;
  } finally {
    compressor.destroy();
    await fed;
  }
}

/** @param blobs gets the digest of each, once it was held against it */
async function* contentOf(
  sources: Iterable<BlobSource>,
  blobs: Digest[],
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  let gathered: Uint8Array[] = [];
  let bytes = 0;
  for (const source of sources) {
    const small = source.digest.sizeBytes <= SMALL_BLOB;
    if (small) {
      const content = readSmall(source);
      gathered.push(content);
      bytes += content.length;
    }
    if (bytes >= PIECE_BYTES || (!small && bytes > 0)) {
      yield Buffer.concat(gathered, bytes);
      gathered = [];
      bytes = 0;
    }
    if (!small) yield* checked(source, signal);
    if (blobs.push(source.digest) % BLOBS_AT_ONCE === 0) await yieldTurn(signal);
    signal.throwIfAborted();
  }
  if (bytes > 0) yield Buffer.concat(gathered, bytes);
}

function readSmall(source: BlobSource): Uint8Array {
  const { digest } = source;
  const target = Buffer.allocUnsafe(digest.sizeBytes + 1);
  try {
    const content = target.subarray(0, source.readInto(target));
    if (sameDigest(digestOf(content), digest)) return content;
  } catch (error) {
    throw missingOr(digest, error);
  }
  throw new UnusableBlob(digest, 'corrupt');
}

async function* checked(
  source: BlobSource,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { digest } = source;
  const hash = createHash('sha256');
  let left = digest.sizeBytes;
  try {
    for await (const piece of source.open()) {
      signal.throwIfAborted();
      left -= piece.length;
      if (left < 0) break;
      hash.update(piece);
      yield piece;
    }
  } catch (error) {
    throw missingOr(digest, error);
  }
  if (left !== 0 || hash.digest('hex') !== digest.hash) throw new UnusableBlob(digest, 'corrupt');
}

function missingOr(digest: Digest, error: unknown): unknown {
  return systemErrorCode(error) === 'ENOENT' ? new UnusableBlob(digest, 'missing') : error;
}
