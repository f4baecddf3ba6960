import { describe, expect, test } from '@jest/globals';
import { localSection, type LocalUsage } from '../../../src/report/upkeep/local-usage.js';
import { crowdedFolder, fullCache, smallDisk } from '../../../src/report/upkeep/space-words.js';
import { usageDocument, usageLines } from '../../../src/report/upkeep/usage-answer.js';

const DAY = 86_400_000;
const NOW = 100 * DAY;

const USAGE: LocalUsage = {
  folder: '/home/me/.cache/buildbox-action',
  quota: 4e9,
  running: false,
  casd: { size: 1.2e9, quota: 3.9e9 },
  results: 120,
  incomplete: 2,
  blobs: 10_300,
  live: { blobs: 300, bytes: 9e8 },
  dead: { blobs: 10_000, bytes: 3e8 },
  own: { memory: 2e6, tools: 8.4e7, results: 40_000, other: 123 },
  oldest: NOW - 3 * DAY,
  maxAge: 14 * DAY,
};

const KEPT = {
  name: 'kept',
  rows: [
    ['packs', '3'],
    ['size', '12 MB'],
  ],
  document: { packs: 3 },
} as const;

describe('usageLines', () => {
  test('tells size and parts', () => expect(usageLines([localSection(USAGE, NOW)])).toMatchSnapshot());

  test('gives further sections a heading', () =>
    expect(usageLines([localSection(USAGE, NOW), KEPT]).slice(-4)).toEqual([
      '',
      'kept',
      'packs  3',
      'size   12 MB',
    ]));

  test.each([
    [null, 'no result'],
    [NOW - 20 * DAY, 'used 20 days ago, goes with the next expiry'],
    [NOW + DAY, 'used 0 ms ago, goes in 14 days if nobody uses it'],
  ])('the oldest result of %p', (oldest, words) => {
    expect(usageLines([localSection({ ...USAGE, oldest }, NOW)])).toContain(`oldest   ${words}`);
  });
});

test('usageDocument has the local cache at its top, and the others by name', () => {
  expect(usageDocument([localSection(USAGE, NOW), KEPT])).toMatchObject({
    version: 1,
    folder: '/home/me/.cache/buildbox-action',
    size: 1_286_040_123,
    quota: 4e9,
    maxAgeMilliseconds: 14 * DAY,
    oldest: { usedAt: '1970-04-08T00:00:00.000Z', expiresAt: '1970-04-22T00:00:00.000Z' },
    kept: { packs: 3 },
  });
});

test('words about space', () => {
  expect([
    smallDisk({ mount: '/mnt/d', free: 1e9, held: 0, quota: 4e9, allotted: 7.5e8 }),
    smallDisk({ mount: '/mnt/d', free: 1e9, held: 2e9, quota: 4e9, allotted: 2.25e9 }),
    crowdedFolder({ folder: '/c', own: 5e7, quota: 6e7 }),
    fullCache({ quota: 6e6, allotted: 5e6, blob: 1e7, inputs: 10 }),
    fullCache({ quota: 6e6, allotted: 6e6, blob: 0, inputs: 10 }),
  ]).toMatchSnapshot();
});
