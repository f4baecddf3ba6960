import { expect, test } from '@jest/globals';
import { fitWidth } from '../../../src/host/terminal/fit-width.js';

test.each([
  ['abc', 3, 'abc'],
  ['abcd', 3, 'ab…'],
  ['abc', 1, '…'],
  ['abc', 0, ''],
  ['', 0, ''],
  ['日本語', 6, '日本語'],
  ['日本語', 5, '日本…'],
  ['日本語', 4, '日…'],
  ['e\u0301e\u0301e\u0301', 3, 'e\u0301e\u0301e\u0301'],
  ['👩‍🚀 up', 3, '👩‍🚀…'],
])('%j in %d columns is %j', (line, columns, fitted) => {
  expect(fitWidth(line, columns)).toBe(fitted);
});
