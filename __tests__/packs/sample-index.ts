import type { CacheIndex, Entry, Pack } from '../../src/packs/index/cache-index.js';
import { digestOf, type Digest } from '../../src/reapi/digest.js';

/** A digest of its own for each name, of the size that is given. */
export function blob(name: string, sizeBytes = 100): Digest {
  return { hash: digestOf(Buffer.from(name)).hash, sizeBytes };
}

/** A pack whose file is as large as its blobs, unless another size is given. */
export function pack(name: string, blobs: readonly Digest[], more: Partial<Pack> = {}): Pack {
  const id = blob(`pack ${name}`).hash;
  const bytes = blobs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return { id, key: `buildbox-1-pack-${id}`, bytes, codec: 'none', blobs, ...more };
}

export function entry(name: string, blobs: readonly Digest[], more: Partial<Entry> = {}): Entry {
  return {
    digest: blob(`action ${name}`),
    result: Buffer.from(`result of ${name}`),
    blobs,
    scope: { ref: 'refs/heads/main', event: null, tier: 'trusted' },
    writtenAt: 1_000,
    usedAt: 1_000,
    ...more,
  };
}

export function indexOf(
  packs: readonly Pack[],
  entries: readonly Entry[],
  unresolved: readonly number[] = [],
): CacheIndex {
  return {
    packs: new Map(packs.map((one) => [one.id, one])),
    entries: new Map(entries.map((one) => [one.digest.hash, one])),
    unresolved,
  };
}

/** The same numbers below 1 for the same seed, every time. */
export function numbersFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
