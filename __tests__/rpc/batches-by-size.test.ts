import { describe, expect, test } from '@jest/globals';
import { BLOB_OVERHEAD, batchesBySize } from '../../src/rpc/batches-by-size.js';

const LIMIT = 3_900_000;
const cost = (size: number) => size + BLOB_OVERHEAD;
const split = (sizes: readonly number[]) => [...batchesBySize(sizes, cost, LIMIT)];

describe('batchesBySize', () => {
  test('nothing is no batch', () => expect(split([])).toEqual([]));

  test('keeps the order and loses nothing', () => {
    const sizes = Array.from({ length: 500 }, (_, i) => (i * 7919) % 90_000);
    expect(split(sizes).flat()).toEqual(sizes);
  });

  test('no batch of several is larger than a message may be, and none could take the next thing', () => {
    const batches = split(Array.from({ length: 500 }, (_, i) => (i * 7919) % 900_000));
    const costs = batches.map((batch) => batch.reduce((sum, size) => sum + cost(size), 0));
    expect(Math.max(...costs)).toBeLessThanOrEqual(LIMIT);
    const next = batches.slice(1).map(([first = 0]) => cost(first));
    expect(next.every((bytes, i) => (costs[i] ?? 0) + bytes > LIMIT)).toBe(true);
  });

  test('fills a batch to the last byte', () => {
    expect(split([LIMIT - 2 * BLOB_OVERHEAD - 1, 1, 0])).toEqual([[LIMIT - 2 * BLOB_OVERHEAD - 1, 1], [0]]);
  });

  test('a thousand empty blobs are not free', () => {
    expect(split(new Array<number>(60_000).fill(0)).length).toBeGreaterThan(1);
  });

  test('what is too large for a message comes alone', () => {
    expect(split([1, LIMIT + 1, 1])).toEqual([[1], [LIMIT + 1], [1]]);
  });
});
