import { describe, expect, test } from '@jest/globals';
import { formatBytes, formatCount, formatDuration, formatShare } from '../../src/report/format-quantity.js';

describe('formatBytes', () => {
  test.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1 kB'],
    [1234, '1.23 kB'],
    [99_949, '99.9 kB'],
    [999_499, '999 kB'],
    [999_500, '1 MB'],
    [4_000_000_000, '4 GB'],
    [1_243_000_000_000, '1.24 TB'],
    [9e18, '9000 PB'],
  ])('%d is %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
});

describe('formatDuration', () => {
  test.each([
    [0, '0 ms'],
    [0.4, '0 ms'],
    [83.6, '84 ms'],
    [999.4, '999 ms'],
    [999.6, '1 s'],
    [1234, '1.23 s'],
    [59_940, '59.9 s'],
    [59_960, '1 min'],
    [125_400, '2 min 5 s'],
    [3_599_600, '1 h'],
    [3_840_000, '1 h 4 min'],
    [90_000_000, '25 h'],
  ])('%d ms is %s', (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text);
  });
});

test('a count agrees with its noun and is grouped', () => {
  expect([formatCount(0, 'file'), formatCount(1, 'file'), formatCount(12_345, 'file')]).toEqual([
    '0 files',
    '1 file',
    '12,345 files',
  ]);
});

test('a share tells little from nothing', () => {
  expect([formatShare(0, 10), formatShare(1, 1000), formatShare(31, 100), formatShare(1, 0)]).toEqual([
    '0 %',
    '< 1 %',
    '31 %',
    '0 %',
  ]);
});
