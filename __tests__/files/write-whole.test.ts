import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { writeOwn, writeWhole } from '../../src/files/write-whole.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'write-whole-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const both = [['writeWhole', writeWhole] as const, ['writeOwn', writeOwn] as const];

test.each(both)('%s makes the folder, and puts the new file in the place of the old', async (_, write) => {
  const file = join(folder, 'new', 'file');
  await write(file, 'old', 0o600);
  await write(file, ['n', 'ew']);
  expect(readFileSync(file, 'utf8')).toBe('new');
  expect(readdirSync(join(folder, 'new'))).toEqual(['file']);
});

test.each(both)('%s gives the mode that it is told', async (_, write) => {
  await write(join(folder, 'file'), '', 0o600);
  expect(statSync(join(folder, 'file')).mode & 0o777).toBe(0o600);
});

test.each(both)('%s leaves nothing of what failed in the middle', async (_, write) => {
  writeFileSync(join(folder, 'file'), 'old');
  function* content() {
    yield 'half';
    throw new Error('no more');
  }
  await expect(write(join(folder, 'file'), content())).rejects.toThrow('no more');
  expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('old');
  expect(readdirSync(folder)).toEqual(['file']);
});

test("a folder in the file's place stays where it may be anyone's, and goes where it is ours", async () => {
  const file = join(folder, 'file');
  mkdirSync(join(file, 'inner'), { recursive: true });
  await expect(writeWhole(file, 'new')).rejects.toMatchObject({ code: 'EISDIR' });
  expect(readdirSync(folder)).toEqual(['file']);
  expect(readdirSync(file)).toEqual(['inner']);
  await writeOwn(file, 'new');
  expect(readFileSync(file, 'utf8')).toBe('new');
});
