import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { makeMemoryGroup } from '../../src/sandbox/memory-group.js';
import { makePidsGroup } from '../../src/sandbox/pids-group.js';

const MOST = 100_000_000;

const probe = await makeMemoryGroup(MOST).catch(() => undefined);
await probe?.[Symbol.asyncDispose]();
const describeGroups = probe === undefined ? describe.skip : describe;

test('without a limit there is none', async () => expect(await makeMemoryGroup(undefined)).toBeUndefined());

describeGroups('a group of ours', () => {
  const fill = (folder: string, bytes: number) =>
    spawnSync('sh', [
      '-c',
      `echo 0 >'${folder}/cgroup.procs'; exec '${process.execPath}' -e 'Buffer.alloc(${bytes}, 1)'`,
    ]);

  test('gives no more than it may, tells when it ended one, and goes', async () => {
    const group = await makeMemoryGroup(MOST);
    if (group === undefined) throw new Error('no group can be made');
    expect(fill(group.folder, 1000)).toMatchObject({ status: 0 });
    expect(group.hasKilled()).toBe(false);
    expect(fill(group.folder, 3 * MOST)).toMatchObject({ signal: 'SIGKILL' });
    expect(group.hasKilled()).toBe(true);
    await group[Symbol.asyncDispose]();
    expect(existsSync(group.folder)).toBe(false);
  });

  test('goes together with one for processes', async () => {
    const group = await makeMemoryGroup(MOST);
    const pids = await makePidsGroup(100, group);
    await pids?.[Symbol.asyncDispose]();
    await group?.[Symbol.asyncDispose]();
    expect([pids?.folder, group?.folder].filter((folder) => existsSync(folder ?? ''))).toEqual([]);
  });
});
