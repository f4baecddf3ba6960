import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { makePidsGroup, pidsGroups } from '../../src/sandbox/pids-group.js';
import { scratchName } from '../../src/process/scratch-name.js';

describe('the control groups of a process', () => {
  test('version 1: that of the controller', () => {
    expect(pidsGroups('8:pids:/a/b\n4:memory:/c\n0::/\n')).toEqual([
      { mount: '/sys/fs/cgroup/pids', path: '/a/b' },
      { mount: '/sys/fs/cgroup', path: '/' },
    ]);
  });

  test('version 2', () => {
    expect(pidsGroups('0::/user.slice\n')).toEqual([{ mount: '/sys/fs/cgroup', path: '/user.slice' }]);
  });
});

const probe = await makePidsGroup(1);
await probe?.[Symbol.asyncDispose]();
const describeGroups = probe === undefined ? describe.skip : describe;

describeGroups('a group of ours', () => {
  test('starts no more than it may, tells when it refused one, and goes', async () => {
    const group = await makePidsGroup(3);
    if (group === undefined) throw new Error('no group can be made');
    expect(group.hasRefused()).toBe(false);
    spawnSync('sh', ['-c', `echo 0 >'${group.folder}/cgroup.procs'; sleep 1 & sleep 1 & sleep 1 & wait`]);
    expect(group.hasRefused()).toBe(true);
    await group[Symbol.asyncDispose]();
    expect(existsSync(group.folder)).toBe(false);
  });

  test('is swept by the next where its run was killed, and not while it runs', async () => {
    const parent = dirname(probe?.folder ?? '');
    const ours = join(parent, scratchName());
    // Of a process of this boot and namespace that is no more.
    const theirs = ours.replace(/^(.*\.buildbox-\w+-)\d+-\d+/, '$14194303-1');
    for (const folder of [ours, theirs]) mkdirSync(folder);
    try {
      const group = await makePidsGroup(7);
      expect(readFileSync(join(group?.folder ?? '', 'pids.max'), 'utf8')).toBe('7\n');
      await group?.[Symbol.asyncDispose]();
      expect([ours, theirs].map((folder) => existsSync(folder))).toEqual([true, false]);
    } finally {
      rmdirSync(ours);
    }
  });
});
