import { pipeline } from 'node:stream/promises';
import { messageOf, systemErrorCode } from '../errors.js';
import { FrameSplitter, type FramePart } from './frames.js';
import type { NodeZstd, ZstdOptions } from './node-zstd.js';

/** What came is not the compressed form of what was asked for. */
export class BadCompression extends Error {
  override readonly name = 'BadCompression';
}

/** The largest window that a frame may ask memory for, as a power of two: zstd's usual levels need at most 2^23. */
const LARGEST_WINDOW = 25;
const PIECE = 128 * 1024;

/**
 * Takes apart a whole compressed blob, of any number of frames.
 *
 * @param size what comes out at most, in bytes
 * @throws BadCompression when more comes out, or nothing sensible
 */
export function decompressBlob(zstd: NodeZstd, bytes: Uint8Array, size: number): Buffer {
  const splitter = new FrameSplitter();
  const frame: Uint8Array[] = [];
  const unfolded: Buffer[] = [];
  let room = size;
  try {
    for (const part of splitter.split(bytes)) {
      frame.push(part.bytes);
      if (!part.ends) continue;
      const piece = zstd.zstdDecompressSync(Buffer.concat(frame.splice(0)), {
        ...options(zstd),
        maxOutputLength: Math.max(room, 1),
      });
      unfolded.push(piece);
      room -= piece.length;
    }
  } catch (error) {
    throw new BadCompression(messageOf(error), { cause: error });
  }
  if (room < 0 || !splitter.complete) throw new BadCompression('it is too long, or cut short');
  return unfolded.length === 1 && unfolded[0] !== undefined ? unfolded[0] : Buffer.concat(unfolded);
}

/**
 * Takes apart a compressed stream, of any number of frames, no faster than it is read.
 *
 * @throws BadCompression, or what the stream throws
 */
export async function* decompressStream(
  zstd: NodeZstd,
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<Buffer, void, undefined> {
  const parts = partsOf(pieces);
  try {
    for (let first = await parts.next(); first.done !== true; first = await parts.next()) {
      const frame = zstd.createZstdDecompress(options(zstd));
      const fed = pipeline(oneFrame(first.value, parts), frame).catch((error: unknown) => {
        frame.destroy(error as Error);
      });
      try {
        for await (const piece of frame) yield piece as Buffer;
      } finally {
        frame.destroy();
        await fed;
      }
    }
  } catch (error) {
    if (systemErrorCode(error)?.startsWith('Z') !== true) throw error;
    throw new BadCompression(messageOf(error), { cause: error });
  } finally {
    await parts.return();
  }
}

async function* partsOf(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<FramePart, void, undefined> {
  const splitter = new FrameSplitter();
  for await (const piece of pieces) yield* splitSafely(splitter, piece);
  if (!splitter.complete) throw new BadCompression('the last frame is cut short');
}

function splitSafely(splitter: FrameSplitter, piece: Uint8Array): FramePart[] {
  try {
    return [...splitter.split(piece)];
  } catch (error) {
    throw new BadCompression(messageOf(error), { cause: error });
  }
}

async function* oneFrame(first: FramePart, parts: AsyncIterator<FramePart, void>) {
  for (let part: FramePart = first; ;) {
    yield part.bytes;
    if (part.ends) return;
    const next = await parts.next();
    if (next.done === true) return;
    part = next.value;
  }
}

function options(zstd: NodeZstd): ZstdOptions {
  return { params: { [zstd.constants.ZSTD_d_windowLogMax]: LARGEST_WINDOW }, chunkSize: PIECE };
}
