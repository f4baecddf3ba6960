import { BlobTable } from '../index/blob-table.js';
import type { CacheIndex, Entry, Pack } from '../index/cache-index.js';
import { isUnused, newestFirst } from './entry-age.js';
import { fitQuota, type NumberedEntry, type QuotaReason } from './fit-quota.js';
import type { PackUsage } from '../pack/pack-usage.js';
import type { CompactionLimits } from './plan-compaction.js';

export interface TidyLimits extends CompactionLimits {
  /** How long an entry is kept that nobody uses, in milliseconds. */
  readonly maxAge: number;
  /** Ids of packs that others keep: what they take is not ours to count, and they are not ours to rewrite. */
  readonly borrowed?: ReadonlySet<string>;
}

/** What a save may move of what it finds, in bytes of blobs. */
export const REWRITE_BYTES = 128 * 1024 * 1024;

export interface GoneEntry {
  readonly entry: Entry;
  /** `lost`: no pack has all of its blobs; `larger-than-quota`: not even alone would it fit. */
  readonly why: 'lost' | 'unused' | QuotaReason;
}

/** What is to become of an index before it is written. */
export interface TidyPlan {
  /** With the packs that are to be rewritten still in it: see `replacePacks`. */
  readonly index: CacheIndex;
  readonly gone: readonly GoneEntry[];
  /** Packs that nobody needs any more, and those that are lost. */
  readonly dropped: readonly Pack[];
  /** Of each pack that stays. */
  readonly usages: readonly PackUsage[];
  /** The packs whose live blobs are to be moved into new ones. */
  readonly rewritten: readonly PackUsage[];
}

/**
 * Decides what goes: what cannot be had any more, what nobody used for long, and the oldest of what exceeds the quota.
 *
 * @param now milliseconds since 1970
 * @param lostPacks ids of packs that the transport has no longer
 */
export function tidyIndex(
  index: CacheIndex,
  now: number,
  limits: TidyLimits,
  lostPacks: ReadonlySet<string> = new Set(),
): TidyPlan {
  const table = new BlobTable(countedPacks(index, limits.borrowed ?? new Set(), lostPacks));
  const usable: NumberedEntry[] = [];
  const gone: GoneEntry[] = [];
  for (const entry of newestFirst(index.entries.values(), now)) {
    const numbers = table.numbersOf(entry.blobs);
    if (numbers === undefined) gone.push({ entry, why: 'lost' });
    else if (isUnused(entry, now, limits.maxAge)) gone.push({ entry, why: 'unused' });
    else usable.push({ entry, numbers });
  }
  const { staying, usages, rewritten, gone: tooMuch } = fitQuota(table, usable, limits);
  const needed = new Set(usages.map(({ pack }) => pack.id));
  const packs = new Map([...index.packs].filter(([id]) => needed.has(id)));
  return {
    index: {
      packs,
      entries: new Map(staying.map(({ entry }) => [entry.digest.hash, entry])),
      unresolved: index.unresolved,
    },
    gone: [...gone, ...tooMuch],
    dropped: [...index.packs.values()].filter(({ id }) => !packs.has(id)),
    usages,
    rewritten,
  };
}

/** The packs that can be read; one that others keep takes nothing. */
function countedPacks(
  { packs }: CacheIndex,
  borrowed: ReadonlySet<string>,
  lost: ReadonlySet<string>,
): CacheIndex['packs'] {
  const counted = [...packs].filter(([id]) => !lost.has(id));
  return new Map(counted.map(([id, pack]) => [id, borrowed.has(id) ? { ...pack, bytes: 0 } : pack]));
}

/** An index after the blobs of some packs were moved into others. */
export function replacePacks(
  index: CacheIndex,
  replaced: readonly PackUsage[],
  added: readonly Pack[],
): CacheIndex {
  const packs = new Map(index.packs);
  for (const { pack } of replaced) packs.delete(pack.id);
  for (const pack of added) packs.set(pack.id, pack);
  return { ...index, packs };
}
