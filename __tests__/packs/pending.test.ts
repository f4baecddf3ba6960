import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import {
  forgetPending,
  noteBuilt,
  noteLost,
  noteTree,
  noteUsed,
  readPending,
} from '../../src/packs/pending.js';
import { blob } from './sample-index.js';

let root: string;
let folder: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'pending-'));
  folder = join(root, 'of', 'a', 'place');
});
afterEach(() => rm(root, { recursive: true, force: true }));

const built = blob('built', 142);
const tree = blob('tree', 77);
const used = blob('used').hash;
const lost = blob('lost').hash;

test('what is noted is read, each once', async () => {
  for (let time = 0; time < 2; time += 1) {
    await noteBuilt(folder, built);
    await noteTree(folder, tree);
    await noteUsed(folder, used);
    await noteLost(folder, lost);
  }
  expect(await readPending(folder)).toMatchObject({
    built: [built],
    trees: [tree],
    used: [used],
    lost: [lost],
  });
});

test('where nothing was noted, nothing is read', async () => {
  expect(await readPending(folder)).toEqual({ built: [], trees: [], used: [], lost: [], names: [] });
});

test('what comes in between stays', async () => {
  await noteBuilt(folder, built);
  const pending = await readPending(folder);
  await noteUsed(folder, used);
  await forgetPending(folder, pending);
  expect(await readPending(folder)).toMatchObject({ built: [], used: [used] });
});

test('two who save the same may both forget it', async () => {
  await noteBuilt(folder, built);
  const pending = await readPending(folder);
  await forgetPending(folder, pending);
  await forgetPending(folder, pending);
  expect(await readdir(folder)).toEqual([]);
});

test.each([
  'built-../../etc-1',
  `built-${'a'.repeat(64)}`,
  `used-${'A'.repeat(64)}`,
  `lost-${'a'.repeat(65)}`,
])('a name that is none of ours says nothing: %s', async (name) => {
  await noteUsed(folder, used);
  await writeFile(join(folder, name.replaceAll('/', '_')), '');
  expect(await readPending(folder)).toMatchObject({ built: [], used: [used], lost: [] });
});
