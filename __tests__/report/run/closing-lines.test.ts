import { expect, test } from '@jest/globals';
import { closingLines } from '../../../src/report/run/closing-lines.js';
import { BUILT, FAILED, HIT, HOSTILE } from './sample-report.js';

test.each([
  ['a build', BUILT],
  ['a hit', HIT],
  ['a failed build', FAILED],
  ['texts from outside', HOSTILE],
])('%s', (_name, report) => {
  const lines = closingLines(report);
  expect(lines.length).toBeGreaterThanOrEqual(3);
  expect(lines.length).toBeLessThanOrEqual(6);
  expect(lines.join('\n')).toMatchSnapshot();
});

test('tones go to the painter', () => {
  const lines = closingLines(FAILED, (tone, text) => `<${tone}>${text}</>`);
  expect(lines[0]).toBe('<bad>✗</> <strong>make -j2 check</> failed with exit code 2 in 13.4 s');
});
