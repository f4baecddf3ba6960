import { expect, test } from '@jest/globals';
import { LogTail } from '../../../src/host/github/log-tail.js';

function tailOf(...chunks: readonly string[]): LogTail {
  const tail = new LogTail();
  for (const chunk of chunks) tail.push(Buffer.from(chunk));
  return tail;
}

test.each([
  [[], []],
  [['\n\n'], []],
  [['a\nb\n'], ['a', 'b']],
  [
    ['a', 'b\nc\nd'],
    ['c', 'd'],
  ],
  [['\u001b[31mred\u001b[0m\r\nx\r'], ['red', 'x']],
])('of %j, the last two lines are %j', (chunks, lines) => {
  expect(tailOf(...chunks).lines(2)).toEqual(lines);
});

test('of much, it keeps whole lines of the end', () => {
  const tail = tailOf(...Array.from({ length: 5000 }, (_, index) => `line ${index}\n`));
  const lines = tail.lines(10_000);
  expect(lines.at(-1)).toBe('line 4999');
  expect(lines.length).toBeLessThan(2000);
  expect(lines.every((line) => /^line \d+$/.test(line))).toBe(true);
});

test('of one line that is too long, it keeps its end', () => {
  const lines = tailOf(`${'x'.repeat(100_000)}end`).lines(5);
  expect(lines).toEqual([`${'x'.repeat(16 * 1024 - 3)}end`]);
});
