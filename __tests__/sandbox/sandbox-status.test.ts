import { expect, test } from '@jest/globals';
import { initIn, isOver, type SandboxStatus, statusIn } from '../../src/sandbox/sandbox-status.js';

const child = '{ "child-pid": 4711, "cgroup-namespace": 1 }\n';
const exit = '{ "exit-code": 0 }\n';

test.each<[string, string | undefined, SandboxStatus]>([
  ['no file', undefined, 'untouched'],
  ['an end of the command', `${child}${exit}ended 0\nover\n`, 'started'],
  ['a command that was killed', `${child}{ "exit-code": 137 }\nended 137\nover\n`, 'started'],
  ['a sandbox that could not be set up', `${child}ended 1\nover\n`, 'failed'],
  ['an option that bubblewrap does not know', 'ended 1\nover\n', 'failed'],
  ['bubblewrap killed', `${child}ended 137\nover\n`, 'killed'],
  ['the shim killed with it', child, 'killed'],
  ['inputs that went away', `${child}${exit}lost\n`, 'lost'],
  ['inputs that went away before it started', 'lost\n', 'lost'],
])('%s', (_, text, status) => expect(statusIn(text)).toBe(status));

test('the first process and the end of the shim are read out of it', () => {
  expect([initIn(''), initIn(child)]).toEqual([undefined, 4711]);
  expect([isOver(child), isOver(`${child}ended 0\nover\n`)]).toEqual([false, true]);
});
