import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { Decompress } from 'fzstd';
import { messageOf, systemErrorCode } from '../../errors.js';
import { bytesOfBlobs } from '../index/blob-table.js';
import type { Pack } from '../index/cache-index.js';
import { DamagedPack } from './damaged-pack.js';
import { ZstdBlocks } from '../../zstd/blocks.js';
import type { NodeZstd } from '../../zstd/node-zstd.js';

const PIECE_BYTES = 256 * 1024;

/**
 * Finds out whether a file is this pack: its size, its hash, and its form as far as it shows from the outside.
 *
 * @throws DamagedPack
 */
export async function confirmPack(file: FileHandle, pack: Pack, signal: AbortSignal): Promise<void> {
  const { size } = await file.stat();
  if (size !== pack.bytes) throw new DamagedPack(pack.id, `it has ${size} bytes instead of ${pack.bytes}`);
  const hash = createHash('sha256');
  const blocks = new ZstdBlocks();
  for await (const piece of piecesOf(file, signal)) {
    hash.update(piece);
    if (pack.codec === 'zstd') splitSafely(blocks, pack, piece);
  }
  const id = hash.digest('hex');
  if (id !== pack.id) throw new DamagedPack(pack.id, `what is there has the hash ${id}`);
  const content = bytesOfBlobs(pack.blobs);
  if (pack.codec === 'zstd' && !blocks.complete) throw new DamagedPack(pack.id, 'its frame is cut short');
  if (pack.codec === 'none' && size !== content) {
    throw new DamagedPack(pack.id, `its blobs have ${content} bytes, and it has ${size}`);
  }
}

/**
 * What is in a pack, piece by piece. A piece is gone when the next is asked for.
 *
 * @param zstd null: uses a decompressor that is slower
 * @throws DamagedPack
 */
export async function* packContent(
  file: FileHandle,
  pack: Pack,
  signal: AbortSignal,
  zstd: NodeZstd | null,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (pack.codec === 'none') yield* piecesOf(file, signal);
  else if (zstd === null) yield* decompressedSlowly(file, pack, signal);
  else yield* decompressed(file, pack, signal, zstd);
}

async function* decompressed(file: FileHandle, pack: Pack, signal: AbortSignal, zstd: NodeZstd) {
  const decompressor = zstd.createZstdDecompress({ chunkSize: PIECE_BYTES });
  const fed = pipeline(copies(file, signal), decompressor, { signal }).catch((error: unknown) => {
    decompressor.destroy(error as Error);
  });
  try {
    for await (const piece of decompressor) yield piece as Buffer;
  } catch (error) {
    if (systemErrorCode(error)?.startsWith('Z') !== true) throw error;
    throw new DamagedPack(pack.id, messageOf(error), { cause: error });
  } finally {
    decompressor.destroy();
    await fed;
  }
}

/** A block at a time, so that little of what comes out is in memory at once. */
async function* decompressedSlowly(file: FileHandle, pack: Pack, signal: AbortSignal) {
  let ready: Uint8Array[] = [];
  const decompressor = new Decompress((piece) => ready.push(piece));
  const push = (block: Uint8Array, last: boolean) => {
    try {
      decompressor.push(block, last);
    } catch (error) {
      throw new DamagedPack(pack.id, messageOf(error), { cause: error });
    }
    const pieces = ready;
    ready = [];
    return pieces;
  };
  const blocks = new ZstdBlocks();
  for await (const piece of piecesOf(file, signal)) {
    for (const block of splitSafely(blocks, pack, piece)) yield* push(new Uint8Array(block), false);
  }
  yield* push(new Uint8Array(0), true);
}

function splitSafely(blocks: ZstdBlocks, pack: Pack, piece: Uint8Array): readonly Uint8Array[] {
  try {
    return [...blocks.split(piece)];
  } catch (error) {
    throw new DamagedPack(pack.id, messageOf(error), { cause: error });
  }
}

/** A file from its beginning, always in the same memory. */
async function* piecesOf(file: FileHandle, signal: AbortSignal) {
  const memory = Buffer.allocUnsafe(PIECE_BYTES);
  for (let position = 0; ;) {
    signal.throwIfAborted();
    const { bytesRead } = await file.read(memory, 0, memory.length, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield memory.subarray(0, bytesRead);
  }
}

/** For who reads ahead. */
async function* copies(file: FileHandle, signal: AbortSignal) {
  for await (const piece of piecesOf(file, signal)) yield Buffer.from(piece);
}
