import * as crypto from 'node:crypto';
import type { Digest } from '../gen/build/bazel/remote/execution/v2/remote_execution.js';

export type { Digest };

/** Node's `hash` makes no object that is to be collected, but is not in the first releases of Node 20. */
const hashOf: (blob: Uint8Array) => string =
  'hash' in crypto
    ? (blob) => crypto.hash('sha256', blob, 'hex')
    : (blob) => crypto.createHash('sha256').update(blob).digest('hex');

export const EMPTY_DIGEST: Digest = digestOf(Buffer.alloc(0));

/** The SHA-256 digest of a blob. */
export function digestOf(blob: Uint8Array): Digest {
  return { hash: hashOf(blob), sizeBytes: blob.length };
}

/** A digest as people and resource names write it: `HASH/SIZE`. */
export function formatDigest(digest: Digest): string {
  return `${digest.hash}/${digest.sizeBytes}`;
}

/** Reads `HASH/SIZE`; undefined when it is not one, or is of more bytes than a number can count. */
export function parseDigest(text: string): Digest | undefined {
  const [, hash, size] = /^([0-9a-f]{64})\/(0|[1-9][0-9]{0,15})$/.exec(text) ?? [];
  const sizeBytes = Number(size);
  // What cannot be counted was read as the largest number that can.
  return hash === undefined || sizeBytes >= Number.MAX_SAFE_INTEGER ? undefined : { hash, sizeBytes };
}

export function sameDigest(a: Digest | undefined, b: Digest | undefined): boolean {
  return a !== undefined && a.hash === b?.hash && a.sizeBytes === b.sizeBytes;
}

/** Every digest once, without the empty blob, which is always present. */
export function distinctDigests(digests: Iterable<Digest>): Digest[] {
  const distinct = new Map<string, Digest>();
  for (const digest of digests) if (digest.sizeBytes !== 0) distinct.set(digest.hash, digest);
  return [...distinct.values()];
}
