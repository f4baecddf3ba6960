import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { chmod, utimes } from 'node:fs/promises';
import { limitsOf } from '../../../src/rootfs/toolchain/listing-limits.js';
import { OwnedFiles } from '../../../src/rootfs/packages/owned-files.js';
import { listTree } from '../../../src/rootfs/toolchain/tree-listing.js';
import type { TreeListing } from '../../../src/rootfs/toolchain/tree-walk.js';
import { Watch } from '../../../src/rootfs/toolchain/watched.js';
import { FakeMachine } from '../fake-machine.js';

let machine: FakeMachine;
beforeEach(async () => {
  machine = await FakeMachine.make();
  for (let i = 0; i < 9; i++) await machine.write(`/tool/lib/large/${i}`, largeFile(1));
  await machine.write('/tool/bin/run', 'run', 0o755);
  await machine.write('/tool/lib/a/b/c/file', 'file');
  await machine.write('/tool/share/doc/manual', 'manual');
  await machine.write('/tool/VERSION', '1.22.1');
});
afterEach(() => machine.remove());

/** Larger than what is read at once. */
function largeFile(lastByte: number): Buffer {
  const content = Buffer.alloc(300_000);
  content.writeUInt8(lastByte, content.length - 1);
  return content;
}

async function list(
  leftOut: string[] = [],
  limits = limitsOf(undefined),
  most = Infinity,
): Promise<TreeListing & { watched: readonly string[] }> {
  const tree = { root: machine.root };
  const watch = new Watch(tree, most);
  const owned = new OwnedFiles(tree, []);
  const { signal } = new AbortController();
  const left = { programFolders: new Set<string>(), leftOut: new Set(leftOut) };
  const listing = await listTree(tree, { root: '/tool', ...left, owned, limits, signal }, watch);
  return { ...listing, watched: watch.kept.paths };
}

describe('a listing differs after', () => {
  const changes: Record<string, () => Promise<void>> = {
    'another version of the same length': () => machine.write('/tool/VERSION', '1.22.2'),
    'another program of the same size': () => machine.write('/tool/bin/run', 'RUN', 0o755),
    'another byte in one of many large files': () => machine.write('/tool/lib/large/7', largeFile(2)),
    'another size deep down': () => machine.write('/tool/lib/a/b/c/file', 'longer'),
    'a lost executable bit': () => chmod(machine.at('/tool/bin/run'), 0o644),
    'a new empty folder': () => machine.folder('/tool/lib/empty'),
    'a new link': () => machine.link('/tool/lib/link', 'a'),
    'a removed file': () => machine.remove('/tool/lib/a/b/c/file'),
  };
  test.each(Object.keys(changes))('%s', async (name) => {
    const before = (await list()).digest;
    await changes[name]?.();
    expect((await list()).digest).not.toBe(before);
  });

  test('a change of the program that a link leads to', async () => {
    await machine.link('/tool/bin/linked', '/elsewhere/program');
    await machine.write('/elsewhere/program', 'one', 0o755);
    const before = await list();
    expect(before.outside).toEqual([{ link: '/tool/bin/linked', file: '/elsewhere/program' }]);
    expect(before.watched).toContain('/elsewhere/program');
    await machine.write('/elsewhere/program', 'two', 0o755);
    expect((await list()).digest).not.toBe(before.digest);
  });
});

describe('a listing is the same after', () => {
  const changes: Record<string, () => Promise<void>> = {
    'another time': () => utimes(machine.at('/tool/VERSION'), 1, 1),
    'byte code': () => machine.write('/tool/lib/__pycache__/a.pyc', 'x'),
    'byte code beside the source': () => machine.write('/tool/lib/a.pyc', 'x'),
    'a lock': () => machine.write('/tool/lib/.lock', 'x'),
    'something in its cache': () => machine.write('/tool/cache/download', 'x'),
    'another manual': () => machine.write('/tool/share/doc/manual', 'other'),
    'a change of what is left out': () => machine.write('/tool/work/file', 'x'),
  };
  test.each(Object.keys(changes))('%s', async (name) => {
    const before = (await list(['/tool/work'])).digest;
    await changes[name]?.();
    expect((await list(['/tool/work'])).digest).toBe(before);
  });
});

describe('a tree above the limits', () => {
  const few = { files: 3, bytes: 100 };
  const limits = { folders: 5, entries: 1000, first: few, others: few };

  test('is cut at the same place everywhere, and says so', async () => {
    expect((await list([], { ...limits, folders: 100 })).cut).toBe(false);
    const before = await list([], limits);
    expect(before.cut).toBe(true);
    await machine.write('/tool/lib/near', 'x');
    expect((await list([], limits)).digest).not.toBe(before.digest);
  });

  test('has what decides read before all else, wherever it lies', async () => {
    for (let i = 0; i < 9; i++) await machine.write(`/tool/lib/${i}.txt`, 'x');
    await machine.write('/tool/lib/a/b/c/package.json', '{"version":"1.0.0"}');
    const before = await list([], { ...limits, folders: 100 });
    expect([before.cut, before.bySize]).toEqual([false, true]);
    await machine.write('/tool/lib/a/b/c/package.json', '{"version":"2.0.0"}');
    expect((await list([], { ...limits, folders: 100 })).digest).not.toBe(before.digest);
  });

  test('says so where not all of what decides could be read', async () => {
    for (let i = 0; i < 9; i++) await machine.write(`/tool/lib/${i}.so`, 'x');
    expect((await list([], { ...limits, folders: 100 })).cut).toBe(true);
  });
});

test('where not all can be watched, what runs is, and documents are not', async () => {
  for (let i = 0; i < 40; i++) await machine.write(`/tool/docs/${i}.md`, 'text');
  await machine.write('/tool/lib/z/module.py', 'pass');
  const { watched } = await list([], limitsOf(undefined), 40);
  expect(watched).toHaveLength(40);
  expect(watched).toContain('/tool/lib/z/module.py');
});

test('an abort ends it', async () => {
  const tree = { root: machine.root };
  const signal = AbortSignal.abort(new Error('stop'));
  const request = { root: '/tool', programFolders: new Set<string>(), leftOut: new Set<string>() };
  const rest = { owned: new OwnedFiles(tree, []), limits: limitsOf(undefined), signal };
  await expect(listTree(tree, { ...request, ...rest }, new Watch(tree))).rejects.toThrow('stop');
});
