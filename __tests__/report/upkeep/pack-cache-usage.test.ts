import { describe, expect, test } from '@jest/globals';
import { type PackCacheUsage, packCacheSection } from '../../../src/report/upkeep/pack-cache-usage.js';

const NOW = Date.UTC(2026, 2, 9);
const main = {
  ref: 'refs/heads/main',
  event: null,
  results: 12,
  trees: 0,
  packs: 9,
  blobs: 4_000,
  bytes: 1_800_000_000,
  dead: 300_000_000,
  oldest: NOW - 3 * 86_400_000,
};
const usage: PackCacheUsage = {
  place: "GitHub's cache",
  onGitHub: true,
  quota: 4_000_000_000,
  refs: [
    main,
    {
      ...main,
      ref: 'refs/pull/5/merge',
      event: null,
      results: 0,
      trees: 0,
      packs: 0,
      blobs: 0,
      bytes: 0,
      dead: 0,
      oldest: null,
    },
  ],
  unsaved: 1,
};

describe('how full the cache between runs is', () => {
  test('is told by ref, against the quota and the limits of GitHub', () => {
    expect(packCacheSection(usage, NOW).rows).toEqual([
      ['place', "GitHub's cache"],
      [
        'refs/heads/main',
        '12 results, 4,000 blobs in 9 packs; 1.8 GB of 4 GB (45 %), 17 % dead; oldest used 3 days ago',
      ],
      ['refs/pull/5/merge', 'nothing'],
      ['unsaved', '1 note'],
      [
        'limits',
        'GitHub keeps 10 GB for a repository without pay: these leave 8.2 GB to all else; what nobody reads for 7 days goes, unless its settings say more',
      ],
    ]);
  });

  test('has no limits of GitHub in a folder', () => {
    const { rows, document } = packCacheSection({ ...usage, place: 'the folder /srv', onGitHub: false }, NOW);
    expect(rows.map(([name]) => name)).not.toContain('limits');
    expect(document).toMatchObject({ bytes: 1_800_000_000, unsaved: 1, place: 'the folder /srv' });
  });
});
