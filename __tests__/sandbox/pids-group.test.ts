import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { makePidsGroup } from '../../src/sandbox/pids-group.js';

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
});
