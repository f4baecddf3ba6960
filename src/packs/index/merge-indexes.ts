import type { Digest } from '../../reapi/digest.js';
import { compareUtf8 } from '../../reapi/order.js';
import type { CacheIndex, Entry, Pack } from './cache-index.js';

const NONE = Buffer.alloc(0);

/** How much is believed of a tier. */
const BELIEF = { trusted: 2, local: 1, untrusted: 0 } as const;

/** One index of two. What comes out depends neither on who is first nor on how often it is done. */
export function mergeIndexes(first: CacheIndex, second: CacheIndex): CacheIndex {
  return {
    packs: mergeMaps(first.packs, second.packs, choosePack),
    entries: mergeMaps(first.entries, second.entries, mergeEntries),
    unresolved: [...new Set([...first.unresolved, ...second.unresolved])].sort((a, b) => a - b),
  };
}

function mergeMaps<T>(
  first: ReadonlyMap<string, T>,
  second: ReadonlyMap<string, T>,
  choose: (a: T, b: T) => T,
): ReadonlyMap<string, T> {
  const merged = new Map(first);
  for (const [name, value] of second) {
    const other = merged.get(name);
    merged.set(name, other === undefined ? value : choose(other, value));
  }
  return merged;
}

/** The same file may be there under two keys, where a writer died before it had finished the first. */
function choosePack(a: Pack, b: Pack): Pack {
  if (a === b) return a;
  return comparePacks(a, b) <= 0 ? a : b;
}

function mergeEntries(a: Entry, b: Entry): Entry {
  if (a === b) return a;
  const chosen = compareEntries(a, b) >= 0 ? a : b;
  return { ...chosen, usedAt: Math.max(a.usedAt, b.usedAt) };
}

/** Above 0 where the first is the one to keep. */
function compareEntries(a: Entry, b: Entry): number {
  return (
    BELIEF[a.scope.tier] - BELIEF[b.scope.tier] ||
    a.writtenAt - b.writtenAt ||
    Buffer.compare(a.result ?? NONE, b.result ?? NONE) ||
    compareBlobs([a.digest], [b.digest]) ||
    compareBlobs(a.blobs, b.blobs) ||
    compareUtf8(a.scope.ref, b.scope.ref) ||
    compareUtf8(a.scope.event ?? '', b.scope.event ?? '')
  );
}

function comparePacks(a: Pack, b: Pack): number {
  return (
    compareUtf8(a.key, b.key) ||
    a.bytes - b.bytes ||
    compareUtf8(a.codec, b.codec) ||
    compareBlobs(a.blobs, b.blobs)
  );
}

/** Most of what is merged is the same on both sides, and long. */
function compareBlobs(a: readonly Digest[], b: readonly Digest[]): number {
  if (a === b || a.length !== b.length) return a.length - b.length;
  for (const [i, blob] of a.entries()) {
    const other = b[i];
    if (other === undefined || (blob.hash === other.hash && blob.sizeBytes === other.sizeBytes)) continue;
    return compareUtf8(blob.hash, other.hash) || blob.sizeBytes - other.sizeBytes;
  }
  return 0;
}
