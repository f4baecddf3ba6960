import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BlobSource } from '../../src/cas/blob-source.js';
import type { Pack } from '../../src/packs/index/cache-index.js';
import { MemorySink } from '../../src/cas/memory-sink.js';
import { readPack } from '../../src/packs/pack/pack-reader.js';
import { digestOf, type Digest } from '../../src/reapi/digest.js';

export const never = new AbortController().signal;

/** A folder for one test. */
export async function packFolder() {
  const path = await mkdtemp(join(tmpdir(), 'packs-'));
  return {
    path,
    file: (name: string) => join(path, name),
    names: async () => (await readdir(path)).sort(),
    remove: () => rm(path, { recursive: true, force: true }),
  };
}

/** A blob as a whole, or in pieces. */
export function input(content: Buffer, pieceBytes = content.length): BlobSource {
  return {
    digest: digestOf(content),
    readInto: (target) => content.copy(target),
    open: () => inPieces(content, pieceBytes),
  };
}

export async function* inPieces(content: Buffer, bytes: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < content.length; at += bytes) yield content.subarray(at, at + bytes);
}

/** Half of it can be compressed. */
export function mixed(bytes: number): Buffer {
  const content = Buffer.alloc(bytes, 'it goes on and on; ');
  randomBytes(Math.floor(bytes / 2)).copy(content, bytes >> 2);
  return content;
}

/** What a pack gives for these hashes, by its digest, for large buffers are slow to compare; undefined for nothing. */
export async function digestsOf(
  file: string,
  pack: Pack,
  hashes: readonly string[],
  ...zstd: [null?]
): Promise<(Digest | undefined)[]> {
  const sink = new MemorySink();
  await readPack(file, pack, new Set(hashes), sink, never, ...zstd);
  return hashes.map((hash) => sink.blobs.get(hash)).map((blob) => blob && digestOf(blob));
}
