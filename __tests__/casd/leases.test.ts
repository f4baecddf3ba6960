import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { cacheFolder, type CacheFolder } from '../../src/local/folder.js';
import { addLease, liveLeases, removeDeadLeases, removeLease } from '../../src/casd/leases.js';
import { identify } from '../../src/process/identity.js';

let folder: CacheFolder;

beforeEach(() => {
  folder = cacheFolder(mkdtempSync(join(tmpdir(), 'leases-')));
});

afterEach(() => rmSync(folder.root, { recursive: true }));

describe('leases', () => {
  test('last as long as their owners', async () => {
    const mine = { id: 'mine', owner: identify(process.pid) ?? null };
    const { pid } = spawnSync('true');
    await addLease(folder, mine);
    await addLease(folder, { id: 'kept', owner: null });
    await addLease(folder, { id: 'crashed', owner: { pid, startTime: '1', boot: mine.owner?.boot ?? '' } });
    expect((await liveLeases(folder)).map(({ id }) => id).sort()).toEqual(['kept', 'mine']);
    await removeLease(folder, 'mine');
    await removeLease(folder, 'mine');
    expect((await liveLeases(folder)).map(({ id }) => id)).toEqual(['kept']);
  });

  test('a pid that another process has by now is no owner', async () => {
    const self = identify(process.pid);
    if (self === undefined) throw new Error('no /proc');
    await addLease(folder, { id: 'old', owner: { ...self, startTime: '1' } });
    expect(await liveLeases(folder)).toEqual([]);
  });

  test('nobody who looks at them removes any; whoever adds one removes the dead', async () => {
    mkdirSync(join(folder.leases, 'folder.json'), { recursive: true });
    writeFileSync(join(folder.leases, 'half.json'), '{"version":1');
    expect(await liveLeases(folder)).toEqual([]);
    expect(readdirSync(folder.leases).sort()).toEqual(['folder.json', 'half.json']);
    await addLease(folder, { id: 'kept', owner: null });
    expect(readdirSync(folder.leases)).toEqual(['kept.json']);
  });

  test('the dead can be removed without a new one', async () => {
    await addLease(folder, { id: 'kept', owner: null });
    writeFileSync(join(folder.leases, 'half.json'), '');
    await removeDeadLeases(folder);
    expect(readdirSync(folder.leases)).toEqual(['kept.json']);
  });

  test('there are none before the first', async () => {
    expect(await liveLeases(folder)).toEqual([]);
  });
});
