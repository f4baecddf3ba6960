import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { chmod, utimes } from 'node:fs/promises';
import { listTree, type TreeListing } from '../../src/sandbox/tree-listing.js';
import { Watch } from '../../src/sandbox/watched.js';
import { FakeMachine } from './fake-machine.js';

let machine: FakeMachine;
beforeEach(async () => {
  machine = await FakeMachine.make();
  await machine.write('/tool/bin/run', 'run', 0o755);
  await machine.write('/tool/lib/a/b/c/file', 'file');
  await machine.write('/tool/share/doc/manual', 'manual');
  await machine.write('/tool/VERSION', '1.22.1');
});
afterEach(() => machine.remove());

function list(leftOut: string[] = []): TreeListing & { watched: readonly string[] } {
  const tree = { root: machine.root };
  const watch = new Watch(tree);
  const request = { root: '/tool', programFolders: new Set<string>(), leftOut: new Set(leftOut) };
  return { ...listTree(tree, request, watch), watched: watch.paths };
}

describe('a listing differs after', () => {
  const changes: Record<string, () => Promise<void>> = {
    'another version of the same length': () => machine.write('/tool/VERSION', '1.22.2'),
    'another program of the same size': () => machine.write('/tool/bin/run', 'RUN', 0o755),
    'another size deep down': () => machine.write('/tool/lib/a/b/c/file', 'longer'),
    'a lost executable bit': () => chmod(machine.at('/tool/bin/run'), 0o644),
    'a new empty folder': () => machine.folder('/tool/lib/empty'),
    'a new link': () => machine.link('/tool/lib/link', 'a'),
    'a removed file': () => machine.remove('/tool/lib/a/b/c/file'),
  };
  test.each(Object.keys(changes))('%s', async (name) => {
    const before = list().digest;
    await changes[name]?.();
    expect(list().digest).not.toBe(before);
  });

  test('a change of the program that a link leads to', async () => {
    await machine.link('/tool/bin/linked', '/elsewhere/program');
    await machine.write('/elsewhere/program', 'one', 0o755);
    const before = list();
    expect(before.outside).toEqual(['/elsewhere/program']);
    expect(before.watched).toContain('/elsewhere/program');
    await machine.write('/elsewhere/program', 'two', 0o755);
    expect(list().digest).not.toBe(before.digest);
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
    const before = list(['/tool/work']).digest;
    await changes[name]?.();
    expect(list(['/tool/work']).digest).toBe(before);
  });
});

test('a large tree is cut at the same place everywhere, and says so', async () => {
  expect(list().cut).toBe(false);
  for (let i = 0; i < 700; i++) await machine.folder(`/tool/lib/many/${String(i).padStart(3, '0')}/in`);
  const before = list();
  expect(before.cut).toBe(true);
  expect(before.watched.length).toBeLessThan(700);
  await machine.folder('/tool/lib/many/new');
  expect(list().digest).not.toBe(before.digest);
});

test('of many files, programs and the first ones are watched, the others only listed', async () => {
  for (let i = 0; i < 400; i++) await machine.write(`/tool/lib/${i}`, 'x');
  for (let i = 0; i < 400; i++) await machine.write(`/tool/bin/${i}`, 'x');
  const { watched } = list();
  expect(watched.filter((path) => path.startsWith('/tool/bin/'))).toHaveLength(401);
  expect(watched.filter((path) => path.startsWith('/tool/lib/')).length).toBeLessThan(310);
});
