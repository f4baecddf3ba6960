import { describe, expect, test } from '@jest/globals';
import type { PackReport, SaveReport } from '../../../src/report/run/pack-report.js';
import { packLines, saveLine } from '../../../src/report/run/pack-words.js';

const kept: PackReport = { place: "GitHub's cache", lookup: 'hit', restored: 1_300_000, problem: null };
const save: SaveReport = {
  saved: 26_000_000,
  results: 1,
  blobs: 1_200,
  moved: 0,
  forgotten: [],
  onGitHub: false,
  kept: { results: 12, trees: 0, packs: 9, bytes: 180_000_000, dead: 30_000_000 },
  duration: 2_340,
  problem: null,
};

describe('what a run had', () => {
  test.each<[Partial<PackReport>, string]>([
    [{}, "GitHub's cache had the result; 1.3 MB fetched"],
    [{ lookup: 'miss', restored: 0 }, "GitHub's cache did not have the result"],
    [{ lookup: 'not asked', restored: 0 }, "GitHub's cache was not asked"],
    [
      { lookup: 'unavailable', restored: 0, problem: 'it took longer than 10 s' },
      "GitHub's cache could not be used; it took longer than 10 s",
    ],
  ])('%j', (change, line) => {
    expect(packLines({ kept: { ...kept, ...change }, save: null })).toEqual([line]);
  });

  test('is nothing where nothing is kept', () => {
    expect(packLines({ kept: null, save: null })).toEqual([]);
  });
});

describe('what a save did', () => {
  test('is told in one line', () => {
    expect(saveLine(save)).toBe(
      'saved 1 result and 1,200 new blobs, 26 MB in 2.34 s; kept now: 12 results in 9 packs, 180 MB (17 % dead)',
    );
  });

  test('tells what was moved and what went, and why', () => {
    const forgotten = [
      { why: 'unused', results: 3, trees: 0 },
      { why: 'over-quota', results: 1, trees: 1 },
    ] as const;
    expect(saveLine({ ...save, moved: 5_000_000, forgotten })).toBe(
      'saved 1 result and 1,200 new blobs, 26 MB in 2.34 s; of it 5 MB to make up for dead space; ' +
        '3 results forgotten (unused for longer than `cache-max-age`); ' +
        '1 result and 1 root file system forgotten (the oldest beyond `cache-quota`); ' +
        'kept now: 12 results in 9 packs, 180 MB (17 % dead)',
    );
  });

  test('tells that root file systems are kept too', () => {
    const line = saveLine({ ...save, kept: { results: 12, trees: 2, packs: 9, bytes: 100, dead: 0 } });
    expect(line).toContain('kept now: 12 results and 2 root file systems in 9 packs');
  });

  test("tells what GitHub's limits leave", () => {
    const line = saveLine({ ...save, onGitHub: true });
    expect(line).toContain('these leave 9.82 GB to all else');
  });

  test('tells why there was none', () => {
    const failed = { ...save, saved: 0, kept: null, problem: "GitHub's cache does not answer" };
    expect(saveLine(failed)).toBe("nothing was saved: GitHub's cache does not answer");
  });
});
