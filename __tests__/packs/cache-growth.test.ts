import { describe, expect, test } from '@jest/globals';
import { type CacheIndex, EMPTY_INDEX, type Pack } from '../../src/packs/index/cache-index.js';
import { newestFirst } from '../../src/packs/tidy/entry-age.js';
import { groupBlobs } from '../../src/packs/pack/group-blobs.js';
import { encodeIndex } from '../../src/packs/index/index-file.js';
import { sumUsage } from '../../src/packs/tidy/plan-compaction.js';
import { replacePacks, REWRITE_BYTES, tidyIndex } from '../../src/packs/tidy/tidy-index.js';
import type { Digest } from '../../src/reapi/digest.js';
import { blob, entry, indexOf, numbersFrom, pack } from './sample-index.js';

const MB = 1_000_000;
const DAY = 86_400_000;
const RUNS = 50;

interface Growth {
  /** Packs and indexes, in bytes. */
  readonly uploaded: number;
  readonly deadShares: readonly number[];
  /** Of all packs, after each run. */
  readonly bytes: readonly number[];
  readonly entries: readonly number[];
  readonly newestStayed: boolean;
  /** How many packs a hit on the last result needs. */
  readonly packsOfLast: number;
}

/**
 * One run a day of a build with outputs of 158 MB, of which 5 % are other ones each time; nothing can be compressed.
 * Every run saves its result.
 */
function simulate(maxAge: number, quota: number): Growth {
  const next = numbersFrom(1);
  let made = 0;
  const anyBlob = (): Digest => blob(`blob ${made++}`, Math.floor(next() * 200_000));
  let outputs = Array.from({ length: 1_580 }, anyBlob);
  let index: CacheIndex = EMPTY_INDEX;
  let uploaded = 0;
  const deadShares: number[] = [];
  const bytes: number[] = [];
  const entries: number[] = [];
  let newestStayed = true;
  for (let run = 0; run < RUNS; run++) {
    const now = (run + 1) * DAY;
    const result = entry(`run ${run}`, outputs, { writtenAt: now, usedAt: now });
    const known = new Set([...index.packs.values()].flatMap(({ blobs }) => blobs.map(({ hash }) => hash)));
    const wanted = outputs.map(({ hash }) => hash).filter((hash) => !known.has(hash));
    const added = store(groupBlobs([outputs], new Set(wanted)), `new in ${run}`);
    const plan = tidyIndex(
      indexOf([...index.packs.values(), ...added], [...index.entries.values(), result]),
      now,
      { maxAge, quota, rewriteBytes: REWRITE_BYTES },
    );
    const moved = new Set(plan.rewritten.flatMap(({ live }) => live.map(({ hash }) => hash)));
    const order = newestFirst(plan.index.entries.values(), now).map(({ blobs }) => blobs);
    const movedTo = store(groupBlobs(order, moved), `moved in ${run}`);
    index = replacePacks(plan.index, plan.rewritten, movedTo);
    uploaded += bytesOf([...added, ...movedTo]) + encodeIndex(index).length;

    const { bytes: all, dead } = sumUsage(plan.usages);
    const freed = sumUsage(plan.rewritten).dead;
    deadShares.push((dead - freed) / (all - freed));
    bytes.push(bytesOf([...index.packs.values()]));
    entries.push(index.entries.size);
    newestStayed &&= index.entries.has(result.digest.hash);
    if (run < RUNS - 1) outputs = outputs.map((old) => (next() < 0.05 ? anyBlob() : old));
  }
  const last = new Set(outputs.map(({ hash }) => hash));
  const packsOfLast = [...index.packs.values()].filter(({ blobs }) =>
    blobs.some(({ hash }) => last.has(hash)),
  );
  return { uploaded, deadShares, bytes, entries, newestStayed, packsOfLast: packsOfLast.length };
}

const store = (groups: readonly (readonly Digest[])[], name: string): Pack[] =>
  groups.map((blobs, i) => pack(`${name} ${i}`, blobs));

const bytesOf = (packs: readonly Pack[]) => packs.reduce((sum, one) => sum + one.bytes, 0);

/** What as many whole tarballs take. */
const TARBALLS = RUNS * 158 * MB;

describe('fifty runs of 158 MB, of which 5 % change', () => {
  test.each([
    ['when only the last result is kept', DAY / 2, 1],
    ['when the results of three days are', 3 * DAY, 3],
    ['when the results of two weeks are', 14 * DAY, 14],
  ])('%s, at most 30 %% is dead and a sixth is uploaded', (_, maxAge, kept) => {
    const growth = simulate(maxAge, 4_000 * MB);
    expect(Math.max(...growth.deadShares)).toBeLessThan(0.32);
    expect(Math.max(...growth.bytes)).toBeLessThan(((158 + 8 * 1.2 * (kept + 1)) / 0.68) * MB);
    expect(growth.uploaded * 6).toBeLessThan(TARBALLS);
    expect(growth.entries.at(-1)).toBeGreaterThanOrEqual(kept);
    expect(growth.newestStayed).toBe(true);
  });

  test.each([170, 200, 300])('the quota holds, the newest results stay, at %d MB', (quota) => {
    const growth = simulate(60 * DAY, quota * MB);
    expect(Math.max(...growth.bytes)).toBeLessThanOrEqual(quota * MB);
    expect(growth.newestStayed).toBe(true);
    if (quota >= 200) {
      expect(growth.uploaded * 6).toBeLessThan(TARBALLS);
      expect(Math.min(...growth.entries.slice(5))).toBeGreaterThan(1);
    }
  });
});
