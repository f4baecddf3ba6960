import { describe, expect, test } from '@jest/globals';
import { digestOf, formatDigest, parseDigest } from '../../src/reapi/digest.js';

describe('digests', () => {
  test('a digest is written and read as HASH/SIZE', () => {
    const digest = digestOf(Buffer.from('abc'));
    expect(formatDigest(digest)).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad/3');
    expect(parseDigest(formatDigest(digest))).toEqual(digest);
  });

  test.each([
    '',
    'abc/3',
    'a'.repeat(64),
    `${'A'.repeat(64)}/1`,
    `${'a'.repeat(64)}/-1`,
    `${'a'.repeat(64)}/01`,
    `${'a'.repeat(64)}/${Number.MAX_SAFE_INTEGER}`,
    `${'a'.repeat(64)}/9999999999999999`,
  ])('%j is not one', (text) => expect(parseDigest(text)).toBeUndefined());
});
