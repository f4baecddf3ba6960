import type { BlobTable } from '../index/blob-table.js';
import type { Entry } from '../index/cache-index.js';
import { type PackUsage, packUsage } from '../pack/pack-usage.js';
import { type CompactionLimits, planCompaction, sumUsage, WHATEVER_IT_TAKES } from './plan-compaction.js';

export interface NumberedEntry {
  readonly entry: Entry;
  readonly numbers: Int32Array;
}

export interface Fitted {
  readonly staying: readonly NumberedEntry[];
  readonly gone: readonly { readonly entry: Entry; readonly why: QuotaReason }[];
  readonly usages: readonly PackUsage[];
  readonly rewritten: readonly PackUsage[];
}

export type QuotaReason = 'over-quota' | 'larger-than-quota' | 'index-full';

/** So many blobs may the entries of an index name in all: half of what is read again. */
const MOST_NAMES = 8_000_000;

/**
 * Chooses which entries stay under a quota. Each stays that fits beside those newer than itself; as many of the
 * oldest go as it takes until the packs that are left, with what is dead in them, fit as well. The newest stays.
 *
 * @param entries the latest used first
 */
export function fitQuota(
  table: BlobTable,
  entries: readonly NumberedEntry[],
  limits: CompactionLimits,
): Fitted {
  const { fitting, gone } = fitContent(table, entries, limits.quota);
  const packsOf = (count: number, within = limits) => planPacks(table, fitting.slice(0, count), within);
  let staying = fitting.length;
  let packs = packsOf(staying);
  if (packs.bytes > limits.quota) {
    staying = mostThat((count) => packsOf(count).bytes <= limits.quota, fitting.length);
    packs = packsOf(staying);
  }
  if (staying === 0 && fitting.length > 0) {
    staying = 1;
    packs = packsOf(staying, { ...limits, ...WHATEVER_IT_TAKES });
  }
  const tooOld = fitting.slice(staying).map(({ entry }) => ({ entry, why: 'over-quota' as const }));
  return { ...packs, staying: fitting.slice(0, staying), gone: [...gone, ...tooOld] };
}

/** Looks at the live blobs alone. */
function fitContent(table: BlobTable, entries: readonly NumberedEntry[], quota: number) {
  const counted = new Uint8Array(table.size);
  const fitting: NumberedEntry[] = [];
  const gone: { entry: Entry; why: QuotaReason }[] = [];
  let room = quota;
  let names = MOST_NAMES;
  for (const item of entries) {
    const cost = storedBytes(table, item.numbers, (number) => counted[number] === 0);
    if (cost <= room && item.numbers.length <= names) {
      room -= cost;
      names -= item.numbers.length;
      for (const number of item.numbers) counted[number] = 1;
      fitting.push(item);
    } else {
      gone.push({ entry: item.entry, why: reasonAgainst(table, item, cost > room, quota) });
    }
  }
  return { fitting, gone };
}

function reasonAgainst(
  table: BlobTable,
  item: NumberedEntry,
  overQuota: boolean,
  quota: number,
): QuotaReason {
  if (!overQuota) return 'index-full';
  return storedBytes(table, item.numbers, () => true) > quota ? 'larger-than-quota' : 'over-quota';
}

function storedBytes(table: BlobTable, numbers: Int32Array, counts: (number: number) => boolean): number {
  let bytes = 0;
  for (const number of numbers) if (counts(number)) bytes += table.storedBytesOf(number);
  return Math.floor(bytes);
}

/** The packs that these entries need, and what they take once those that are worth it have been rewritten. */
function planPacks(table: BlobTable, entries: readonly NumberedEntry[], limits: CompactionLimits) {
  const usages = packUsage(
    table,
    entries.map(({ numbers }) => numbers),
  );
  const rewritten = planCompaction(usages, limits);
  return { usages, rewritten, bytes: sumUsage(usages).bytes - sumUsage(rewritten).dead };
}

/** The largest count for which it holds; it holds for 0, and below every count for which it holds. */
function mostThat(holds: (count: number) => boolean, below: number): number {
  let most = 0;
  for (let fails = below; fails - most > 1;) {
    const middle = (most + fails) >> 1;
    if (holds(middle)) most = middle;
    else fails = middle;
  }
  return most;
}
