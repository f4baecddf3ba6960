import { expect, test } from '@jest/globals';
import { plainLine } from '../../src/host/plain-line.js';
import { LogReader } from '../e2e/runner-model/workflow-commands.js';

test.each([
  ['std::vector', 'std::vector'],
  ['12:30 built', '12:30 built'],
  ['::error::x', '| ::error::x'],
  ['  ::error::x', '|   ::error::x'],
  ['\u00a0\u3000::error::x', '| \u00a0\u3000::error::x'],
  ['\u034f::error::x', '| \u034f::error::x'],
  ['\u200b::error::x', '\\u200b::error::x'],
  ['a\n::error::x', 'a\\n::error::x'],
  ['a\r::error::x', 'a\\r::error::x'],
  ['a\u2028::error::x', 'a\\u2028::error::x'],
  ['a ##[error]x', 'a ## [error]x'],
])('%j is written %j, and is no command', (text, line) => {
  expect(plainLine(text)).toBe(line);
  const reader = new LogReader();
  for (const read of line.split(/\r\n|\n|\r/)) reader.line(read);
  expect(reader.result().commands).toEqual([]);
});
