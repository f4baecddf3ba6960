import { existsSync, mkdirSync, readFileSync, rmdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { groupsOf, makeControlGroup, setLimit } from '../../src/sandbox/control-group.js';
import { scratchName } from '../../src/process/scratch-name.js';

describe('the control groups of a process', () => {
  test('version 1: that of the controller', () => {
    expect(groupsOf('8:pids:/a/b\n4:memory:/c\n0::/\n', 'pids')).toEqual([
      { mount: '/sys/fs/cgroup/pids', path: '/a/b' },
      { mount: '/sys/fs/cgroup', path: '/' },
    ]);
  });

  test('version 2', () => {
    expect(groupsOf('0::/user.slice\n', 'memory')).toEqual([
      { mount: '/sys/fs/cgroup', path: '/user.slice' },
    ]);
  });
});

const most = (number: number) => (folder: string) => setLimit(folder, 'pids.max', number);
const probe = await makeControlGroup('pids', most(1));
await probe?.[Symbol.asyncDispose]();
const describeGroups = probe === undefined ? describe.skip : describe;

describeGroups('a group of ours', () => {
  test('is swept by the next where its run was killed, and not while it runs', async () => {
    const parent = dirname(probe?.folder ?? '');
    const ours = join(parent, scratchName());
    // Of a process of this boot and namespace that is no more.
    const theirs = ours.replace(/^(.*\.buildbox-\w+-)\d+-\d+/, '$14194303-1');
    for (const folder of [ours, theirs]) mkdirSync(folder);
    try {
      const group = await makeControlGroup('pids', most(7));
      expect(readFileSync(join(group?.folder ?? '', 'pids.max'), 'utf8')).toBe('7\n');
      await group?.[Symbol.asyncDispose]();
      expect([ours, theirs].map((folder) => existsSync(folder))).toEqual([true, false]);
    } finally {
      rmdirSync(ours);
    }
  });

  test('is none where it has no such limit', async () => {
    expect(await makeControlGroup('pids', (folder) => setLimit(folder, 'no.such', 1))).toBeUndefined();
  });
});
