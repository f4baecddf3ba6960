import type { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import * as zlib from 'node:zlib';

/** Node has zstd from 22.15 and 23.8 on; the types that this project is checked with are older. */
export interface ZstdOptions {
  readonly maxOutputLength?: number;
  readonly chunkSize?: number;
  readonly params?: Readonly<Record<number, number>>;
}

export interface Zstd {
  zstdCompressSync(bytes: Uint8Array, options?: ZstdOptions): Buffer;
  zstdDecompressSync(bytes: Uint8Array, options?: ZstdOptions): Buffer;
  createZstdCompress(options?: ZstdOptions): Transform;
  createZstdDecompress(options?: ZstdOptions): Transform;
  readonly constants: { readonly ZSTD_d_windowLogMax: number };
}

/** Below this a compressor's set-up costs more time than the bytes that it saves (0.15 ms a blob). */
const WORTH_COMPRESSING = 16 * 1024;

export function worthCompressing(bytes: number): boolean {
  return bytes >= WORTH_COMPRESSING;
}

function nodesZstd(): Zstd | undefined {
  return 'zstdCompressSync' in zlib ? (zlib as unknown as Zstd) : undefined;
}

/** Undefined where this Node has none; everything then goes uncompressed. */
export const zstd = nodesZstd();

/** Compresses a stream into one frame. Ending it early ends what it reads from. */
export async function* compressed(
  library: Zstd,
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const compressor = library.createZstdCompress({ chunkSize: 128 * 1024 });
  const fed = pipeline(pieces, compressor).catch((error: unknown) => compressor.destroy(error as Error));
  try {
    for await (const piece of compressor) yield piece as Buffer;
  } finally {
    compressor.destroy();
    await fed;
  }
}
