import { createHash } from 'node:crypto';
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { locate, type HostTree } from './host-tree.js';
import type { Checksum } from './owned-files.js';

/** Files up to this size, in bytes, are read as a whole. */
const WHOLE = 8 * 1024 * 1024;
const BLOCK = 16 * 1024;
const BLOCKS = 64;
/** For all files: to make one for each of a thousand small ones takes longer than to read them. */
const piece = Buffer.allocUnsafe(1024 * 1024);

/**
 * The SHA-256 of a file, as hex, or `unreadable`. Of a file over 8 MiB it is that of its size and of 64 blocks of
 * 16 KiB spread evenly from its first byte to its last: another build of a program differs in its build id and its
 * tables, and a fresh machine need not read gigabytes of programs that the build never starts.
 */
export function contentDigest(tree: HostTree, path: string, size: number): string {
  try {
    if (size > WHOLE) return sampleDigest(locate(tree, path), size);
    return createHash('sha256')
      .update(readFileSync(locate(tree, path)))
      .digest('hex');
  } catch {
    return 'unreadable';
  }
}

/** How much is read to make a file's digest, in bytes. */
export function costOf(size: number): number {
  return size > WHOLE ? BLOCK * BLOCKS : size;
}

/** Whether all of a file is as the checksum says; false for one that cannot be read. */
export function hasChecksum(tree: HostTree, path: string, { algorithm, hex }: Checksum): boolean {
  let descriptor: number | undefined;
  try {
    const hash = createHash(algorithm);
    descriptor = openSync(locate(tree, path), 'r');
    for (let length; (length = readSync(descriptor, piece)) > 0;) hash.update(piece.subarray(0, length));
    return hash.digest('hex') === hex;
  } catch {
    return false;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function sampleDigest(file: string, size: number): string {
  const hash = createHash('sha256').update(`sampled ${size}\n`);
  const block = Buffer.alloc(BLOCK);
  const descriptor = openSync(file, 'r');
  try {
    for (let i = 0; i < BLOCKS; i++) {
      const position = Math.floor(((size - BLOCK) * i) / (BLOCKS - 1));
      hash.update(block.subarray(0, readSync(descriptor, block, 0, BLOCK, position)));
    }
  } finally {
    closeSync(descriptor);
  }
  return hash.digest('hex');
}
