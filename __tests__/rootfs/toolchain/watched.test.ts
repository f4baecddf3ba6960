import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { recallWatched, remembered, rememberWatched, Watch } from '../../../src/rootfs/toolchain/watched.js';
import { emptyMemory } from '../fake-machine.js';

let root: string;
let file: string;
let found: number;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'watched-'));
  file = join(root, 'memory.json');
  await writeFile(join(root, 'a'), 'a');
  found = 0;
});
afterEach(() => rm(root, { recursive: true }));

async function value(...paths: string[]): Promise<string> {
  const memory = await emptyMemory(file);
  const value = remembered(memory, { root }, 'test', (watch) => {
    for (const path of paths) watch.status(path);
    return `found ${++found}`;
  });
  await memory.save();
  return value;
}

test('a value is found once while what it rests on stays as it is', async () => {
  await setTimeout(150);
  expect([await value('/a', '/b'), await value('/a', '/b')]).toEqual(['found 1', 'found 1']);
});

test.each([
  ['a file that changed', '/a'],
  ['a file that came', '/b'],
  ['its folder', '/'],
])('a value is found again after a change of %s', async (_, watched) => {
  await setTimeout(150);
  await value(watched);
  await writeFile(join(root, 'a'), 'b');
  await writeFile(join(root, 'b'), 'b');
  expect(await value(watched)).toBe('found 2');
});

test('what was touched a moment ago is not trusted to stay', async () => {
  expect([await value('/a'), await value('/a')]).toEqual(['found 1', 'found 2']);
});

test('a path with a line break is not remembered', async () => {
  await setTimeout(150);
  expect([await value('/a\nb'), await value('/a\nb')]).toEqual(['found 1', 'found 2']);
});

test.each([
  ['a first one of two is', '/a', 'found 2'],
  ['a later one is not', '/b', 'found 1'],
])('where one path alone is looked at again, %s', async (_, changed, expected) => {
  await writeFile(join(root, 'b'), 'b');
  await setTimeout(150);
  const memory = await emptyMemory(file);
  const watch = new Watch({ root }, 1);
  watch.status('/b', 1);
  watch.status('/a', 0);
  watch.status('/a', 1);
  rememberWatched(memory, { root }, 'test', watch, 'found 1');
  await memory.save();
  await writeFile(join(root, changed), 'other');
  expect(recallWatched(await emptyMemory(file), { root }, 'test') ?? 'found 2').toBe(expected);
});

test.each([
  ['all paths are looked at again', 2, 'found'],
  ['not all are', 1, undefined],
])('a value is believed for days where %s', async (_, most, expected) => {
  await setTimeout(150);
  const memory = await emptyMemory(file);
  const watch = new Watch({ root }, most);
  for (const path of ['/a', '/a', '/b']) watch.status(path);
  rememberWatched(memory, { root }, 'test', watch, 'found');
  await memory.save();
  const known = await emptyMemory(file);
  jest.useFakeTimers({ now: Date.now() + 86_400_000 });
  expect(recallWatched(known, { root }, 'test')).toBe(expected);
  jest.useRealTimers();
});
