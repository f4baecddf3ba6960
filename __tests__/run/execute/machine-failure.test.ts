import { describe, expect, test } from '@jest/globals';
import { type FailureFacts, foreignSignal, machineCause } from '../../../src/run/execute/machine-failure.js';

const own: FailureFacts = {
  exitCode: 3,
  hint: undefined,
  outOfMemory: 0,
  fullDisk: undefined,
  network: 'off',
};

describe('a failure that is the build’s own', () => {
  test.each([1, 2, 3, 126, 127, 128, 134, 139, 141, 193, 255])('exit code %d', (exitCode) => {
    expect(machineCause({ ...own, exitCode })).toBeUndefined();
  });
});

describe('a failure that the machine may have made', () => {
  test.each<[string, Partial<FailureFacts>, RegExp]>([
    ['killed', { exitCode: 137 }, /signal 9/],
    ['asked to end', { exitCode: 143 }, /signal 15/],
    ['a page that could not be read', { exitCode: 135 }, /signal 7/],
    ['an instruction that this processor lacks', { exitCode: 132 }, /signal 4/],
    ['want of memory', { outOfMemory: 1 }, /want of memory/],
    ['a full disk', { fullDisk: '/mnt/cache' }, /the disk at \/mnt\/cache was full/],
    ['its own words', { hint: 'No space left on device' }, /"No space left on device"/],
    ['the network', { network: 'on' }, /network/],
  ])('%s', (_, facts, cause) => expect(machineCause({ ...own, ...facts })).toMatch(cause));
});

test.each([
  [128, undefined],
  [129, 1],
  [192, 64],
  [193, undefined],
])('exit code %d tells of signal %p', (exitCode, signal) => expect(foreignSignal(exitCode)).toBe(signal));
