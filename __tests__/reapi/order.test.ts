import { describe, expect, test } from '@jest/globals';
import { compareUtf8 } from '../../src/reapi/order.js';

describe('compareUtf8 orders as Buffer.compare orders the bytes', () => {
  const names = [
    '',
    'a',
    'b',
    'ab',
    'Z',
    'é',
    '\u{ff61}',
    '\u{ffff}',
    '\u{10000}',
    '\u{1f600}',
    '\ue000',
    'a\u{1f600}',
  ];

  test.each(names.flatMap((a) => names.map((b) => [a, b] as const)))('%j and %j', (a, b) => {
    expect(Math.sign(compareUtf8(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
  });
});
