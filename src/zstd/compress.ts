import { pipeline } from 'node:stream/promises';
import type { NodeZstd } from './node-zstd.js';

/** Compresses a stream into one frame. Ending it early ends what it reads from. */
export async function* compressed(
  zstd: NodeZstd,
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const compressor = zstd.createZstdCompress({ chunkSize: 128 * 1024 });
  const fed = pipeline(pieces, compressor).catch((error: unknown) => compressor.destroy(error as Error));
  try {
    for await (const piece of compressor) yield piece as Buffer;
  } finally {
    compressor.destroy();
    await fed;
  }
}
