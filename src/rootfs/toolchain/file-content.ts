import { createHash, webcrypto } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { locate, type HostTree } from '../host-tree.js';
import type { Checksum } from '../packages/owned-files.js';

/** Files up to this size, in bytes, are read as a whole. */
export const WHOLE = 8 * 1024 * 1024;
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
    return hashFile(locate(tree, path), 'sha256');
  } catch {
    return 'unreadable';
  }
}

/**
 * The same for a file of at most 8 MiB, read and hashed by other threads.
 *
 * @param space holds the content meanwhile, and no other file's.
 */
export async function digestAside(tree: HostTree, path: string, space: Buffer): Promise<string> {
  try {
    await using file = await open(locate(tree, path));
    let length = 0;
    for (let more; (more = (await file.read(space, length, space.length - length)).bytesRead) > 0;)
      length += more;
    const digest = await webcrypto.subtle.digest('SHA-256', space.subarray(0, length));
    return Buffer.from(digest).toString('hex');
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
  try {
    return hashFile(locate(tree, path), algorithm) === hex;
  } catch {
    return false;
  }
}

function hashFile(file: string, algorithm: string): string {
  const hash = createHash(algorithm);
  const descriptor = openSync(file, 'r');
  try {
    for (let length; (length = readSync(descriptor, piece)) > 0;) hash.update(piece.subarray(0, length));
    return hash.digest('hex');
  } finally {
    closeSync(descriptor);
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
