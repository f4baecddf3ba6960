import type { Transform } from 'node:stream';
import * as zlib from 'node:zlib';

/** What of zstd packs need. Node has it from 22.15 and 23.8 on; the types that this project is checked with are older. */
export interface NodeZstd {
  createZstdCompress(options?: {
    readonly chunkSize?: number;
    readonly writableHighWaterMark?: number;
  }): Transform;
  createZstdDecompress(options?: { readonly chunkSize?: number }): Transform;
}

/** Null where this Node has none: packs are then written as they are, and read by a decompressor of our own. */
export const nodeZstd: NodeZstd | null = 'createZstdCompress' in zlib ? (zlib as unknown as NodeZstd) : null;
