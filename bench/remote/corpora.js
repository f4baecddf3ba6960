import { createCipheriv, createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const FOLDERS = 50;
const LEVELS = 26;

const KINDS = {
  /** 5,000 files of 2 KB in 50 folders, side by side. */
  small: { count: 5000, size: 2048, pathOf: (i) => `folder${i % FOLDERS}/file${i}`, bytesOf: noise },
  /** The same folders in 26 levels. */
  deep: {
    count: 5000,
    size: 2048,
    pathOf: (i) => `${letters((i % FOLDERS) % LEVELS)}folder${i % FOLDERS}/file${i}`,
    bytesOf: noise,
  },
  /** 20 files of 10 MB that compress to less than half. */
  big: { count: 20, size: 10_000_000, pathOf: (i) => `file${i}`, bytesOf: halfNoise },
};

export const CORPORA = Object.keys(KINDS);

/**
 * Makes a corpus that nobody has seen before.
 *
 * @returns the `folder` with its files, and `manifest`, a file of `{ nodes: [{ kind, path, digest, executable }] }`
 */
export function makeCorpus(name, root) {
  const { count, size, pathOf, bytesOf } = KINDS[name];
  const salt = Math.random();
  const folder = join(root, name);
  const nodes = [];
  for (let i = 0; i < count; i++) {
    const path = pathOf(i);
    const blob = bytesOf(size, `${name} ${salt} ${i}`);
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), blob);
    const digest = { hash: createHash('sha256').update(blob).digest('hex'), sizeBytes: blob.length };
    nodes.push({ kind: 'file', path, digest, executable: false });
  }
  const manifest = join(root, `${name}.json`);
  writeFileSync(manifest, JSON.stringify({ nodes }));
  return { name, folder, manifest };
}

function letters(depth) {
  return Array.from({ length: depth }, (_, i) => `${String.fromCharCode(97 + i)}/`).join('');
}

function noise(bytes, seed) {
  const key = createHash('md5').update(seed).digest();
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(bytes));
}

/** Bytes with three random bits of eight. */
function halfNoise(bytes, seed) {
  const blob = noise(bytes, seed);
  for (let i = 0; i < bytes; i++) blob[i] &= 0x49;
  return blob;
}
