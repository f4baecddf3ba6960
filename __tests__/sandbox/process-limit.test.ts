import { describe, expect, test } from '@jest/globals';
import { pidsFolders, usualProcessLimit } from '../../src/sandbox/process-limit.js';

describe('the usual limit of processes', () => {
  test.each([
    ['a runner', 4, Infinity, 4096],
    ['a large machine', 128, Infinity, 32_768],
    ['a container with a limit', 4, 1024, 819],
    ['a machine that is full already', 4, 0, 32],
  ])('%s', (_, processors, room, limit) => expect(usualProcessLimit(processors, room)).toBe(limit));
});

describe('the control groups of a process', () => {
  test('version 1: that of the controller, and those above it', () => {
    expect(pidsFolders('8:pids:/a/b\n4:memory:/c\n0::/\n')).toEqual([
      '/sys/fs/cgroup/pids/a/b',
      '/sys/fs/cgroup/pids/a',
      '/sys/fs/cgroup/pids',
      '/sys/fs/cgroup',
    ]);
  });

  test('version 2', () => {
    expect(pidsFolders('0::/user.slice\n')).toEqual(['/sys/fs/cgroup/user.slice', '/sys/fs/cgroup']);
  });
});
