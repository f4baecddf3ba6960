import { describe, expect, test } from '@jest/globals';
import type { CacheIndex, Entry } from '../../../src/packs/index/cache-index.js';
import { neededPacks } from '../../../src/packs/pack/needed-packs.js';
import {
  replacePacks,
  type TidyLimits,
  tidyIndex,
  type TidyPlan,
} from '../../../src/packs/tidy/tidy-index.js';
import { blob, entry, indexOf, pack } from '../sample-index.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = 2_000 * DAY;
const LIMITS: TidyLimits = { maxAge: 14 * DAY, quota: 1_000_000, rewriteBytes: 100_000 };

const tidy = (index: CacheIndex, limits: Partial<TidyLimits> = {}, lost?: ReadonlySet<string>) =>
  tidyIndex(index, NOW, { ...LIMITS, ...limits }, lost);
const used = (name: string, usedAt: number, blobs = [blob(name)]): Entry => entry(name, blobs, { usedAt });
const names = (entries: Iterable<Entry>) => [...entries].map(({ result }) => String(result).slice(10));
const told = ({ index, gone }: TidyPlan) => ({
  stays: names(index.entries.values()),
  goes: Object.fromEntries(gone.map(({ entry: one, why }) => [names([one]).join(), why])) as Record<
    string,
    string
  >,
});

describe('what nobody used for long goes', () => {
  test.each<[string, number, number, boolean]>([
    ['used now', 14 * DAY, 0, true],
    ['used as long ago as it may be', 14 * DAY, 14 * DAY, true],
    ['used longer ago', 14 * DAY, 14 * DAY + 3 * HOUR, false],
    ['used within a day, by clocks that are an hour off each', DAY, DAY + 2 * HOUR, true],
    ['used in an hour, by a clock that is fast', 14 * DAY, -HOUR, true],
    ['used in a year, by a clock that is very fast', 14 * DAY, -365 * DAY, true],
    ['used at no time', 14 * DAY, NOW, false],
    ['used a second ago, where nothing is kept', 0, 1_000, false],
    ['used now, where nothing is kept', 0, 0, true],
    ['used two hours ago, where an hour is kept', HOUR, 2 * HOUR, false],
  ])('%s', (_, maxAge, ago, stays) => {
    const one = used('x', NOW - ago);
    const plan = tidy(indexOf([pack('p', one.blobs)], [one]), { maxAge });
    expect(told(plan)).toEqual(stays ? { stays: ['x'], goes: {} } : { stays: [], goes: { x: 'unused' } });
    expect(plan.index.packs.size).toBe(stays ? 1 : 0);
  });

  test('with the packs that only it needed, and no other', () => {
    const [old, fresh] = [used('old', 0), used('fresh', NOW)];
    const [first, second] = [pack('1', old.blobs), pack('2', fresh.blobs)];
    const plan = tidy(indexOf([first, second], [old, fresh], [5]));
    expect(plan.index).toEqual(indexOf([second], [fresh], [5]));
    expect(plan.dropped).toEqual([first]);
  });
});

describe('what cannot be had goes', () => {
  const [a, b] = [blob('a'), blob('b')];

  test('when a blob is in no pack', () => {
    const index = indexOf([pack('p', [a])], [used('whole', NOW, [a]), used('torn', NOW, [a, b])]);
    expect(told(tidy(index))).toEqual({ stays: ['whole'], goes: { torn: 'lost' } });
  });

  test('when the packs have another blob of that hash', () => {
    const index = indexOf([pack('p', [a])], [used('x', NOW, [{ ...a, sizeBytes: 5 }])]);
    expect(told(tidy(index)).goes).toEqual({ x: 'lost' });
  });

  test('when its pack is lost, unless another has the blob too', () => {
    const [lost, other] = [pack('lost', [a, b]), pack('other', [a])];
    const index = indexOf([lost, other], [used('a', NOW, [a]), used('b', NOW, [b])]);
    const plan = tidy(index, {}, new Set([lost.id]));
    expect(told(plan)).toEqual({ stays: ['a'], goes: { b: 'lost' } });
    expect(plan.dropped).toEqual([lost]);
  });

  test('and what needs no blob stays', () => {
    const plan = tidy(indexOf([], [used('empty', NOW, []), used('of the empty blob', NOW, [blob('e', 0)])]));
    expect(told(plan).goes).toEqual({});
  });
});

describe('over the quota', () => {
  const sized = (name: string, bytes: number, usedAt: number) => used(name, usedAt, [blob(name, bytes)]);
  const packed = (entries: readonly Entry[]) =>
    indexOf(
      entries.map(({ blobs, digest }) => pack(digest.hash, blobs)),
      entries,
    );

  test.each<[string, Entry[], number, string[], Record<string, string>]>([
    ['nothing goes that just fits', [sized('a', 50, 1), sized('b', 50, 2)], 100, ['b', 'a'], {}],
    [
      'the longest unused goes first',
      [sized('a', 50, 1), sized('c', 50, 3), sized('b', 50, 2)],
      100,
      ['c', 'b'],
      { a: 'over-quota' },
    ],
    [
      'what is too large alone goes and takes nothing with it',
      [sized('huge', 101, 9), sized('b', 50, 2), sized('a', 50, 1)],
      100,
      ['b', 'a'],
      { huge: 'larger-than-quota' },
    ],
    [
      'what is small still fits beside what is newer',
      [sized('new', 60, 3), sized('large', 80, 2), sized('small', 30, 1)],
      100,
      ['new', 'small'],
      { large: 'over-quota' },
    ],
    [
      'a use in the future counts as now',
      [sized('b', 60, NOW * 2), sized('a', 60, NOW)],
      100,
      ['a'],
      { b: 'over-quota' },
    ],
  ])('%s', (_, entries, quota, stays, goes) => {
    const aligned = entries.map((one) => ({ ...one, writtenAt: one.usedAt > NOW ? 1 : 2 }));
    const plan = tidyIndex(packed(aligned), NOW, { ...LIMITS, maxAge: NOW * 2, quota });
    expect(told(plan)).toEqual({ stays, goes });
  });

  test('shared blobs count once, and by what they take when they are compressed', () => {
    const common = blob('common', 1_000);
    const [a, b] = [used('a', 1, [common, blob('a', 500)]), used('b', 2, [common, blob('b', 500)])];
    const index = indexOf([pack('p', [common, blob('a', 500), blob('b', 500)], { bytes: 200 })], [a, b]);
    expect(told(tidy(index, { maxAge: NOW, quota: 200 })).stays).toEqual(['b', 'a']);
  });

  test('more goes while the packs that are left do not fit, with what is dead in them', () => {
    const entries = Array.from({ length: 10 }, (_, i) => sized(`${i}`, 100, i));
    const shared = pack(
      'shared',
      entries.flatMap(({ blobs }) => blobs),
    );
    const plan = tidy(indexOf([shared], entries), { maxAge: NOW, quota: 900 });
    expect(told(plan).stays.length).toBe(8); // A fifth of the pack has to be dead until it is worth its rewriting.
    expect(plan.rewritten.map(({ pack: { id } }) => id)).toEqual([shared.id]);
    expect(plan.rewritten[0]?.liveBytes).toBe(800);
  });

  test('the newest stays, whatever work it takes', () => {
    const [one, older] = [sized('x', 900, NOW), sized('y', 50, NOW - 1)];
    const index = indexOf(
      [pack('p', [...one.blobs, blob('dead', 100)]), pack('q', older.blobs)],
      [one, older],
    );
    const plan = tidy(index, { quota: 960, rewriteBytes: 0 });
    expect(told(plan)).toEqual({ stays: ['x'], goes: { y: 'over-quota' } });
    expect(plan.rewritten.map(({ live }) => live)).toEqual([one.blobs]);
  });
});

describe('a blob that two packs hold', () => {
  const [a, b, c, d] = [blob('a'), blob('b'), blob('c'), blob('d')];

  test.each([
    [
      'is live where something else is',
      [
        ['b', [a, b]],
        ['a', [a]],
      ],
      [a, b],
      ['b'],
    ],
    [
      'is live where most is',
      [
        ['1', [a, b]],
        ['2', [b, c]],
        ['3', [a, b, c, d]],
      ],
      [a, b, c],
      ['3'],
    ],
    [
      'is live in one of two that are alike',
      [
        ['1', [a]],
        ['2', [a]],
      ],
      [a],
      undefined,
    ],
  ] as const)('%s', (_, packs, blobs, kept) => {
    const made = packs.map(([name, held]) => pack(name, held));
    const plan = tidy(indexOf(made, [used('x', NOW, [...blobs])]));
    expect(plan.usages.length).toBe(1);
    expect(plan.usages.flatMap(({ live }) => live).length).toBe(blobs.length);
    if (kept !== undefined)
      expect([...plan.index.packs.keys()]).toEqual(kept.map((name) => pack(name, []).id));
    const turned = tidy(indexOf([...made].reverse(), [used('x', NOW, [...blobs])]));
    expect(turned.usages).toEqual(plan.usages);
  });

  test('is fetched from the pack that has the rest of what is wanted', () => {
    const packs = indexOf([pack('1', [a, b]), pack('2', [b, c, d])], []).packs;
    const needed = neededPacks(packs, [b, d]);
    expect(needed?.map(({ pack: { id }, live }) => [id, live])).toEqual([[pack('2', []).id, [b, d]]]);
    expect(neededPacks(packs, [a, blob('e')])).toBeUndefined();
    expect(neededPacks(packs, [])).toEqual([]);
  });
});

describe('what is live and dead', () => {
  test('is told of each pack, in bytes of its file', () => {
    const [a, b] = [blob('a', 300), blob('b', 100)];
    const plan = tidy(indexOf([pack('p', [a, b], { bytes: 40 })], [used('x', NOW, [b, b])]));
    expect(plan.usages).toEqual([
      { pack: pack('p', [a, b], { bytes: 40 }), live: [b], liveContent: 100, liveBytes: 10, deadBytes: 30 },
    ]);
  });
});

describe('packs are rewritten', () => {
  /** A pack of 1,000 bytes of which so much is dead. */
  const worn = (name: string, dead: number) => [
    blob(`${name} live`, 1_000 - dead),
    blob(`${name} dead`, dead),
  ];
  const wear = (...dead: number[]) => {
    const blobs = dead.map((bytes, i) => worn(`${i}`, bytes));
    return indexOf(
      blobs.map((both, i) => pack(`${i}`, both)),
      [
        used(
          'x',
          NOW,
          blobs.flatMap(([live]) => live ?? []),
        ),
      ],
    );
  };

  test.each<[string, number[], number, string[]]>([
    ['not while at most 30 % is dead', [300, 300, 300], 10_000, []],
    ['with the largest dead share first, until no more than 25 % is', [50, 900, 300], 10_000, ['1']],
    ['and not only until it is 30 %', [100, 900, 500], 10_000, ['1', '2']],
    ['several, if it takes them', [400, 500, 600], 10_000, ['2', '1']],
    ['no more than a save may move', [600, 700, 800], 450, ['2']],
    ['the next that can be moved, where one cannot', [950, 400, 940], 55, ['0']],
    ['none, when nothing may be moved', [900], 0, []],
  ])('%s', (_, dead, rewriteBytes, rewritten) => {
    const index = wear(...dead);
    const plan = tidy(index, { rewriteBytes });
    expect(plan.rewritten.map(({ pack: { id } }) => id)).toEqual(rewritten.map((name) => pack(name, []).id));
    for (const { live, pack: from } of plan.rewritten) expect(live).toEqual(from.blobs.slice(0, 1));
    expect(plan.index.packs.size).toBe(dead.length);
  });

  test('and are replaced once their blobs are elsewhere', () => {
    const { index, rewritten } = tidy(wear(50, 900, 300));
    const moved = pack(
      'new',
      rewritten.flatMap(({ live }) => live),
    );
    const after = replacePacks(index, rewritten, [moved]);
    expect(after.packs.size).toBe(3);
    expect(told(tidy(after))).toEqual({ stays: ['x'], goes: {} });
    expect(tidy(after).dropped).toEqual([]);
  });
});

test('everybody decides alike, in whatever order the index came', () => {
  const entries = Array.from({ length: 40 }, (_, i) =>
    used(`${i}`, NOW - (i % 5), [blob(`${i}`, 100), blob(`${i % 7}`, 50)]),
  );
  const packs = Array.from({ length: 8 }, (_, i) =>
    pack(`${i}`, [...entries.slice(i * 5, i * 5 + 5).flatMap(({ blobs }) => blobs)]),
  );
  const plan = tidy(indexOf(packs, entries), { quota: 3_000 });
  const turned = tidy(indexOf(packs.reverse(), entries.reverse()), { quota: 3_000 });
  expect([...turned.index.entries]).toEqual([...plan.index.entries]);
  expect(turned.usages).toEqual(plan.usages);
  expect(turned.rewritten).toEqual(plan.rewritten);
  expect(plan.gone.length).toBeGreaterThan(0);
});

describe('packs that others keep', () => {
  const [needed, rest] = [blob('needed', 1_000), blob('rest', 9_000)];
  const theirs = pack('theirs', [needed, rest]);
  const one = used('x', NOW, [needed]);

  test('are named as they are, however much of them we do not need', () => {
    const plan = tidy(indexOf([theirs], [one]), { borrowed: new Set([theirs.id]) });
    expect(plan.rewritten).toEqual([]);
    expect(plan.index.packs.get(theirs.id)).toEqual(theirs);
    expect(tidy(indexOf([theirs], [one])).rewritten).toHaveLength(1);
  });

  test('take nothing of our quota', () => {
    const limits = { quota: 10, borrowed: new Set([theirs.id]) };
    expect(told(tidy(indexOf([theirs], [one]), limits)).stays).toEqual(['x']);
    expect(told(tidy(indexOf([theirs], [one]), { quota: 10 })).stays).toEqual([]);
  });
});
