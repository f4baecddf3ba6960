import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import {
  A_FOLDER,
  aFile,
  aLink,
  readBrought,
  rememberBoth,
  rememberOnly,
} from '../../src/outputs/brought.js';
import type { PlannedOutput } from '../../src/outputs/plan.js';
import { digestOf } from '../../src/reapi/digest.js';
import type { TreeNode } from '../../src/reapi/merkle.js';

let memory: string;
beforeEach(() => {
  memory = mkdtempSync(join(tmpdir(), 'brought-'));
});
afterEach(() => rmSync(memory, { recursive: true }));

const digest = digestOf(Buffer.from('x'));
const read = () => readBrought(memory, '/workspace/out');
const output = (names: readonly string[]): PlannedOutput => {
  const nodes: TreeNode[] = [{ kind: 'directory', path: 'out' }];
  for (const name of names) nodes.push({ kind: 'file', path: `out/${name}`, digest, executable: false });
  return { path: 'out', kind: 'directory', digest, size: 0, executable: false, nodes };
};

test('what thousands of files were is remembered to the last, whatever they are called', async () => {
  const names = [...Array.from({ length: 3000 }, (_, i) => `file-${i}`), '"', '\\', 'a\nb', '☃', '{}'];
  await rememberBoth(await read(), output(names));
  const { contents } = await read();
  const expected = new Map([['', A_FOLDER], ...names.map((name) => [name, aFile(digest.hash)] as const)]);
  expect(contents).toEqual([Object.fromEntries(expected)]);
});

test('what is about to be brought stands beside what was, and then alone', async () => {
  const [first, second] = [output(['a']), output(['b'])];
  const link = { ...second, nodes: [{ kind: 'symlink', path: 'out', target: 'a' }] as const };
  await rememberBoth(await read(), first);
  await rememberBoth(await read(), link);
  const was = { '': A_FOLDER, a: aFile(digest.hash) };
  const is = { '': aLink('a') };
  const both = await read();
  expect(both.contents).toEqual([was, is]);
  await rememberOnly(both, link);
  expect((await read()).contents).toEqual([is]);
});
