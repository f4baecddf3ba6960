import { describe, expect, test } from '@jest/globals';
import { expiryDocument } from '../../../src/report/upkeep/expiry-document.js';
import type { ExpiryReport } from '../../../src/report/upkeep/expiry-report.js';
import { expiryLines } from '../../../src/report/upkeep/expiry-words.js';

const REPORT: ExpiryReport = {
  folder: '/cache',
  dryRun: false,
  before: 3_900_000_000,
  after: 2_400_000_000,
  left: 0,
  target: 2_500_000_000,
  quota: 4_000_000_000,
  maxAge: 14 * 86_400_000,
  went: {
    incomplete: { results: 1, bytes: 337 },
    unused: { results: 12, bytes: 120_000_000 },
    'remote-has': { results: 1200, bytes: 700_000_000 },
    pushed: { results: 2, bytes: 80_000_000 },
  },
  wentDead: { unused: { blobs: 20, bytes: 4_000 }, space: { blobs: 41_000, bytes: 600_000_000 } },
  stayed: { fits: { results: 40, bytes: 2_300_000_000 }, 'only-here': { results: 1, bytes: 90_000_000 } },
  stayedDead: { blobs: 3, bytes: 10_000_000 },
  results: [{ action: 'ab', usedAt: new Date(0), goes: true, why: 'unused', frees: 337 }],
  remote: {
    endpoint: 'grpcs://cas.example.com\x1b[31m',
    status: 'answered',
    mayPush: true,
    why: 'it is a push on the default branch',
    pushed: { results: 2, blobs: 14, bytes: 81_000_000 },
  },
};

describe('expiryLines', () => {
  test('tells what went, what stays and why', () => expect(expiryLines(REPORT)).toMatchSnapshot());

  test('of a dry run tells what would be', () =>
    expect(expiryLines({ ...REPORT, dryRun: true, wentDead: {}, stayed: {} })).toMatchSnapshot());

  test.each([
    ['no remote', { remote: null }],
    ['a remote that was dead', { remote: { ...REPORT.remote, status: 'unavailable' } }],
    [
      'a remote that may not be given results',
      { remote: { ...REPORT.remote, mayPush: false, why: 'push is `never`' } },
    ],
  ])('with %s', (_, change) => {
    const lost = { space: { results: 3, bytes: 1000 }, 'over-quota': { results: 1, bytes: 10 } };
    expect(expiryLines({ ...REPORT, went: lost, ...change } as ExpiryReport)).toMatchSnapshot();
  });

  test('does not claim what a slow disk did not do', () => {
    expect(expiryLines({ ...REPORT, left: 1234 })).toContain(
      'the disk is slow: 1,234 blobs of these go the next time',
    );
  });

  test('of nothing is one line', () => {
    const nothing = { before: 0, after: 0, went: {}, wentDead: {}, stayed: {}, remote: null };
    expect(expiryLines({ ...REPORT, ...nothing, stayedDead: { blobs: 0, bytes: 0 } })).toEqual([
      'freed 0 B of 0 B; 0 B of 4 GB (0 %) stay',
    ]);
  });
});

test('the document has what programs need', () => {
  expect(JSON.parse(JSON.stringify(expiryDocument(REPORT)))).toMatchObject({
    version: 1,
    freed: 1_500_000_000,
    maxAgeMilliseconds: 1_209_600_000,
    results: [{ action: 'ab', usedAt: '1970-01-01T00:00:00.000Z', goes: true, why: 'unused', frees: 337 }],
  });
});
