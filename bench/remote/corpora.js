import { createHash, createCipheriv } from 'node:crypto';

/**
 * What is carried: blobs by hash, and the nodes of the trees that they stand in.
 *
 * @returns `{ name, nodes: [{ path, digest }], blobs: Map<hash, Buffer>, bytes }`
 */
export const CORPORA = {
  /** 5,000 files of 2 KB in folders of 100. */
  small: (salt) => corpus('small', salt, 5000, 2048, (i) => `folder${i % 50}/file${i}`, noise),
  /** The same, 26 levels deep. */
  deep: (salt) =>
    corpus('deep', salt, 5000, 2048, (i) => `${letters(i % 26)}folder${i % 50}/file${i}`, noise),
  /** 20 files of 10 MB that compress to less than half. */
  big: (salt) => corpus('big', salt, 20, 10_000_000, (i) => `file${i}`, halfNoise),
};

function corpus(name, salt, count, size, pathOf, bytesOf) {
  const blobs = new Map();
  const nodes = [];
  for (let i = 0; i < count; i++) {
    const blob = bytesOf(size, `${name} ${salt} ${i}`);
    const digest = { hash: createHash('sha256').update(blob).digest('hex'), sizeBytes: blob.length };
    blobs.set(digest.hash, blob);
    nodes.push({ kind: 'file', path: pathOf(i), digest, executable: false });
  }
  return { name, nodes, blobs, bytes: count * size };
}

const letters = (depth) =>
  Array.from({ length: depth }, (_, i) => `${String.fromCharCode(97 + i)}/`).join('');

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
