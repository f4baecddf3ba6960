import { expect, test } from '@jest/globals';
import { countsApart } from '../../src/sandbox/process-brake.js';

test.each([
  ['4.18.0-553.el8.x86_64', false],
  ['5.10.0-30-amd64', false],
  ['5.14.0-427.el9.x86_64', true],
  ['6.8.0-1017-azure', true],
  ['?', false],
])('Linux %s counts the processes of a user in each namespace apart: %s', (version, apart) =>
  expect(countsApart(version)).toBe(apart),
);
