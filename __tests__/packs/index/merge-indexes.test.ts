import { describe, expect, test } from '@jest/globals';
import { type CacheIndex, EMPTY_INDEX, type Entry } from '../../../src/packs/index/cache-index.js';
import { encodeIndex } from '../../../src/packs/index/index-file.js';
import { mergeIndexes } from '../../../src/packs/index/merge-indexes.js';
import { blob, entry, indexOf, numbersFrom, pack } from '../sample-index.js';

const trusted = { ref: 'refs/heads/main', event: null, tier: 'trusted' } as const;
const local = { ref: 'local', event: null, tier: 'local' } as const;
const untrusted = { ref: 'refs/pull/1/merge', event: null, tier: 'untrusted' } as const;

const only = (index: CacheIndex) => [...index.entries.values()];

describe('of two entries for one action', () => {
  test.each<[string, Partial<Entry>, Partial<Entry>]>([
    ['a trusted one before a later local one', { scope: trusted }, { scope: local, writtenAt: 9_000 }],
    ['a local one before a later untrusted one', { scope: local }, { scope: untrusted, writtenAt: 9_000 }],
    ['the later of one tier', { writtenAt: 2_000 }, { writtenAt: 1_000 }],
    ['the greater result at one time', { result: Buffer.from('b') }, { result: Buffer.from('aa') }],
  ])('stays %s', (_, winner, loser) => {
    const better = indexOf([], [entry('x', [blob('1')], winner)]);
    const worse = indexOf([], [entry('x', [blob('2')], loser)]);
    expect(only(mergeIndexes(better, worse))).toEqual(only(better));
    expect(only(mergeIndexes(worse, better))).toEqual(only(better));
  });

  test('the later use counts, whichever stays', () => {
    const kept = entry('x', [], { scope: trusted, usedAt: 1 });
    const used = entry('x', [], { scope: untrusted, usedAt: 2 });
    expect(only(mergeIndexes(indexOf([], [kept]), indexOf([], [used])))).toEqual([{ ...kept, usedAt: 2 }]);
  });
});

test('packs and unresolved numbers of both are there, each once', () => {
  const [a, b, c] = [pack('a', [blob('1')]), pack('b', []), pack('c', [])];
  const merged = mergeIndexes(indexOf([a, b], [], [9, 3]), indexOf([b, c], [], [3, 4]));
  expect(merged.packs).toEqual(indexOf([a, b, c], []).packs);
  expect(merged.unresolved).toEqual([3, 4, 9]);
});

test('a pack that is there under two keys is named by the first of them', () => {
  const first = indexOf([pack('a', [], { key: 'k' })], []);
  const second = indexOf([pack('a', [], { key: 'k-2' })], []);
  expect(mergeIndexes(second, first).packs).toEqual(first.packs);
  expect(mergeIndexes(first, second).packs).toEqual(first.packs);
});

describe('whatever two writers made', () => {
  const indexes = Array.from({ length: 12 }, (_, seed) => anyIndex(seed));
  const same = (a: CacheIndex, b: CacheIndex) => expect(encodeIndex(a)).toEqual(encodeIndex(b));

  test('the order of merging does not matter', () => {
    for (const a of indexes) for (const b of indexes) same(mergeIndexes(a, b), mergeIndexes(b, a));
  });

  test('nor in which pairs it is done', () => {
    for (const [i, a] of indexes.entries()) {
      const b = indexes.at(i - 1) ?? a;
      const c = indexes.at(i - 2) ?? a;
      same(mergeIndexes(mergeIndexes(a, b), c), mergeIndexes(a, mergeIndexes(b, c)));
    }
  });

  test('nor how often', () => {
    for (const a of indexes) {
      same(mergeIndexes(a, a), a);
      same(mergeIndexes(a, EMPTY_INDEX), a);
      for (const b of indexes) same(mergeIndexes(mergeIndexes(a, b), b), mergeIndexes(a, b));
    }
  });
});

/** Of few names and few times, so that they often meet. */
function anyIndex(seed: number): CacheIndex {
  const next = numbersFrom(seed);
  const below = (most: number) => Math.floor(next() * most);
  const entries = Array.from({ length: 6 }, () =>
    entry(`${below(5)}`, [blob(`${below(2)}`)], {
      scope: [trusted, local, untrusted][below(3)] ?? local,
      result: Buffer.from(`${below(2)}`),
      writtenAt: below(2),
      usedAt: below(5),
    }),
  );
  const packs = Array.from({ length: 3 }, () => pack(`${below(4)}`, [], { key: `k${below(2)}` }));
  return indexOf(packs, entries, [below(4), below(4)]);
}
