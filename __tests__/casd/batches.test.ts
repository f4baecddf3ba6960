import { describe, expect, test } from '@jest/globals';
import { BATCH_BYTES, batchesBySize } from '../../src/casd/batches.js';

const split = (sizes: readonly number[]) => batchesBySize(sizes, (size) => size);

describe('batchesBySize', () => {
  test('nothing is no batch', () => expect(split([])).toEqual([]));

  test('keeps the order and loses nothing', () => {
    const sizes = Array.from({ length: 500 }, (_, i) => (i * 7919) % 90_000);
    expect(split(sizes).flat()).toEqual(sizes);
  });

  test('no batch of several is larger than a message may be', () => {
    const sizes = Array.from({ length: 500 }, (_, i) => (i * 7919) % 900_000);
    for (const batch of split(sizes)) {
      expect(batch.length === 1 || batch.reduce((sum, size) => sum + size, 0) <= BATCH_BYTES).toBe(true);
    }
  });

  test('a thousand empty blobs are not free', () => {
    expect(split(new Array<number>(60_000).fill(0)).length).toBeGreaterThan(1);
  });

  test('what is too large for a message comes alone', () => {
    expect(split([1, BATCH_BYTES + 1, 1])).toEqual([[1], [BATCH_BYTES + 1], [1]]);
  });
});
