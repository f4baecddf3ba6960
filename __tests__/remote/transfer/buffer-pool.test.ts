import { describe, expect, test } from '@jest/globals';
import { BufferPool } from '../../../src/remote/transfer/buffer-pool.js';

describe('BufferPool', () => {
  test('gives out again what was given back, whole', () => {
    const pool = new BufferPool(1000);
    const first = pool.take(10);
    const second = pool.take(1000);
    expect(second.buffer).not.toBe(first.buffer);
    pool.give(first.subarray(3, 5));
    const third = pool.take(1000);
    expect(third.buffer).toBe(first.buffer);
    expect([first.length, second.length, third.length]).toEqual([10, 1000, 1000]);
    expect(pool.take(1).buffer).not.toBe(first.buffer);
  });

  test('makes what is larger for one use', () => {
    const pool = new BufferPool(1000);
    const large = pool.take(1001);
    expect(large).toHaveLength(1001);
    pool.give(large);
    expect(pool.take(1000).buffer).not.toBe(large.buffer);
  });
});
