import { describe, expect, test } from '@jest/globals';
import { groupBlobs } from '../../../src/packs/pack/group-blobs.js';
import type { Digest } from '../../../src/reapi/digest.js';
import { blob } from '../sample-index.js';

const KIB = 1024;
const MIB = 1024 * KIB;
const group = (entries: readonly (readonly Digest[])[]) =>
  groupBlobs(entries, new Set(entries.flat().map(({ hash }) => hash)));

test.each<[string, Digest[][], number[][]]>([
  ['nothing', [], []],
  ['an entry without blobs', [[]], []],
  ['the blobs of an entry, in its order', [[blob('b', 2), blob('a', 1)]], [[2, 1]]],
  ['small entries, in one pack', [[blob('a', 1)], [blob('b', 2)], [blob('c', 3)]], [[1, 2, 3]]],
  [
    'small entries, until the pack holds 512 KiB',
    [[blob('a', 300 * KIB)], [blob('b', 300 * KIB)], [blob('c', 5)]],
    [[300 * KIB, 300 * KIB], [5]],
  ],
  [
    'a small entry, never with what is not small',
    [[blob('a', 5)], [blob('b', 512 * KIB)], [blob('c', 6)]],
    [[512 * KIB], [5, 6]],
  ],
  [
    'an entry that is larger than a pack, in several',
    [[blob('a', 30 * MIB), blob('b', 30 * MIB), blob('c', 30 * MIB), blob('d', 1)], [blob('e', 2)]],
    [[30 * MIB, 30 * MIB], [30 * MIB, 1], [2]],
  ],
  [
    'a blob that is larger than a pack, alone',
    [[blob('a', 1), blob('b', 65 * MIB), blob('c', 2)]],
    [[1], [65 * MIB], [2]],
  ],
  [
    'a blob of two entries, with the first',
    [
      [blob('a', 1), blob('b', 2)],
      [blob('b', 2), blob('c', 600 * KIB)],
    ],
    [[600 * KIB], [1, 2]],
  ],
  ['a blob that an entry names twice, once', [[blob('a', 1), blob('a', 1)]], [[1]]],
])('groups %s', (_, entries, sizes) => {
  expect(group(entries).map((blobs) => blobs.map(({ sizeBytes }) => sizeBytes))).toEqual(sizes);
});

test('only what is wanted goes into a pack', () => {
  const [a, b, c] = [blob('a'), blob('b'), blob('c')];
  expect(groupBlobs([[a, b, c]], new Set([c.hash, a.hash, blob('d').hash]))).toEqual([[a, c]]);
});

describe('a hundred thousand small blobs', () => {
  const blobs = Array.from({ length: 100_000 }, (_, i) => blob(`${i}`, 2_000));

  test('of one entry stay in order', () => {
    const packs = group([blobs]);
    expect(packs.length).toBe(3);
    expect(packs.flat()).toEqual(blobs);
  });

  test('of as many entries share packs', () => {
    const packs = group(blobs.map((one) => [one]));
    expect(packs.length).toBe(Math.ceil(100_000 / Math.ceil((512 * KIB) / 2_000)));
    expect(packs.flat()).toEqual(blobs);
  });
});
