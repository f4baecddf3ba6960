import type { Transform } from 'node:stream';
import * as zlib from 'node:zlib';

export interface ZstdOptions {
  readonly maxOutputLength?: number;
  readonly chunkSize?: number;
  readonly writableHighWaterMark?: number;
  readonly params?: Readonly<Record<number, number>>;
}

/** Node has it from 22.15 and 23.8 on; the types that this project is checked with are older. */
export interface NodeZstd {
  zstdCompressSync(bytes: Uint8Array, options?: ZstdOptions): Buffer;
  zstdDecompressSync(bytes: Uint8Array, options?: ZstdOptions): Buffer;
  createZstdCompress(options?: ZstdOptions): Transform;
  createZstdDecompress(options?: ZstdOptions): Transform;
  readonly constants: { readonly ZSTD_d_windowLogMax: number };
}

/**
 * Null where this Node has none: to and from a remote everything then goes plain, and so are packs written; those that
 * others compressed are read by a decompressor that is slower.
 */
export const nodeZstd: NodeZstd | null = 'zstdCompressSync' in zlib ? (zlib as unknown as NodeZstd) : null;
