import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Fault } from '../../../src/errors.js';
import { packagesOf } from '../../../src/rootfs/packages/packages.js';
import { emptyMemory, FakeMachine } from '../fake-machine.js';

let machine: FakeMachine;
beforeEach(async () => {
  machine = await FakeMachine.make();
  await machine.remove('/var/lib/dpkg');
});
afterEach(() => machine.remove());

async function identity(ownPackages: string[] = []): Promise<string | undefined> {
  const signal = AbortSignal.timeout(10_000);
  const packages = await packagesOf({
    tree: { root: machine.root },
    memory: await emptyMemory(),
    ownPackages,
    signal,
  });
  return packages?.identity;
}

/** A program that prints what rpm would. */
function rpm(...lines: string[]): Promise<void> {
  return machine.write('/usr/bin/rpm', ['#!/bin/sh', ...lines, ''].join('\n'), 0o755);
}

test('none is known', async () => {
  expect(await identity()).toBeUndefined();
});

test('apk', async () => {
  await machine.write('/lib/apk/db/installed', 'P:gcc\nV:14-r1\nA:x86_64\n\nP:fuse3\nV:3-r0\nA:x86_64\n');
  const before = await identity();
  expect(before).toMatch(/^apk 1 packages [0-9a-f]{64}$/);
  await machine.write('/lib/apk/db/installed', 'P:gcc\nV:14-r2\nA:x86_64\n\n');
  expect(await identity()).not.toBe(before);
});

test('pacman', async () => {
  await machine.folder('/var/lib/pacman/local/gcc-14.1-1');
  const before = await identity();
  expect(before).toMatch(/^pacman 1 packages /);
  await machine.folder('/var/lib/pacman/local/make-4.4-1');
  expect(await identity()).toMatch(/^pacman 2 packages /);
  expect(await identity(['make'])).toBe(before);
});

test('an empty database of another distribution does not count', async () => {
  await machine.write('/var/lib/dpkg/status', '');
  await machine.write('/var/lib/rpm/Packages', 'database');
  expect(await identity()).toBeUndefined();
  await rpm('echo gcc x86_64 14-1');
  expect(await identity()).toMatch(/^rpm 1 packages /);
});

test('rpm lists its packages in any order', async () => {
  await machine.write('/usr/lib/sysimage/rpm/rpmdb.sqlite', 'database');
  await rpm('echo gcc x86_64 14-1', 'echo make x86_64 4-1', 'echo bubblewrap x86_64 1-1');
  const before = await identity();
  expect(before).toMatch(/^rpm 2 packages /);
  await rpm('echo make x86_64 4-1', 'echo gcc x86_64 14-1');
  expect(await identity()).toBe(before);
});

test('an rpm that fails is a fault that shows what it said', async () => {
  await machine.write('/var/lib/rpm/Packages', 'database');
  await rpm('echo broken database >&2', 'exit 1');
  const failed = identity();
  await expect(failed).rejects.toThrow(Fault);
  await expect(failed).rejects.toMatchObject({ log: 'broken database\n' });
});
