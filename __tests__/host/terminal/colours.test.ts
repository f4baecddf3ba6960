import { expect, test } from '@jest/globals';
import { paintWith, wantsColours } from '../../../src/host/terminal/colours.js';

test.each([
  [true, {}, true],
  [false, {}, false],
  [true, { TERM: 'dumb' }, false],
  [true, { NO_COLOR: '1' }, false],
  [true, { NO_COLOR: '' }, true],
  [false, { FORCE_COLOR: '1' }, true],
  [false, { FORCE_COLOR: '' }, true],
  [true, { FORCE_COLOR: '0' }, false],
  [true, { FORCE_COLOR: 'false' }, false],
  [false, { FORCE_COLOR: '1', NO_COLOR: '1' }, true],
])('a terminal: %s, %j: %s', (isTerminal, environment, wanted) => {
  expect(wantsColours(isTerminal, environment)).toBe(wanted);
});

test('a tone begins and ends', () => {
  expect(paintWith(true)('bad', 'x')).toBe('\u001b[31mx\u001b[39m');
  expect(paintWith(false)('bad', 'x')).toBe('x');
});
