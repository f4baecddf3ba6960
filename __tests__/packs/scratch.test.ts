import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openScratch } from '../../src/packs/scratch.js';
import { identify } from '../../src/process/identity.js';

let parent: string;

beforeEach(async () => {
  parent = join(await mkdtemp(join(tmpdir(), 'scratch-')), 'kept');
});
afterEach(() => rm(join(parent, '..'), { recursive: true, force: true }));

test('goes with its owner, and what is in it', async () => {
  const scratch = await openScratch(parent);
  await writeFile(join(scratch.path, 'pack'), 'x');
  await scratch[Symbol.asyncDispose]();
  expect(await readdir(parent)).toEqual([]);
});

test('two of one process are two', async () => {
  const [first, second] = [await openScratch(parent), await openScratch(parent)];
  expect(first.path).not.toBe(second.path);
  await first[Symbol.asyncDispose]();
  expect(existsSync(second.path)).toBe(true);
});

test('that of a killed owner is removed by the next, and that of a running one stays', async () => {
  const others = [spawn('sleep', ['60']), spawn('sleep', ['60'])];
  const [killed = '', running = ''] = others.map(({ pid = 0 }) => {
    const { startTime, boot } = identify(pid) ?? { startTime: '', boot: '' };
    return `${pid}_${startTime}_${boot}_x`;
  });
  for (const name of [killed, running]) {
    await mkdir(join(parent, name), { recursive: true });
    await writeFile(join(parent, name, 'pack'), 'x');
  }
  others[0]?.kill('SIGKILL');
  await once(others[0] ?? process, 'exit');
  await openScratch(parent);
  expect(existsSync(join(parent, killed))).toBe(false);
  expect(existsSync(join(parent, running, 'pack'))).toBe(true);
  others[1]?.kill('SIGKILL');
});

test('a copy that still goes on there is no reason to fail', async () => {
  const scratch = await openScratch(parent);
  const stop = new AbortController();
  const writing = (async () => {
    for (let name = 0; !stop.signal.aborted; name += 1)
      await writeFile(join(scratch.path, String(name)), 'x').catch(() => undefined);
  })();
  await scratch[Symbol.asyncDispose]();
  stop.abort();
  await writing;
  await openScratch(parent);
});
