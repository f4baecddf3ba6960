import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { cacheFolder, type CacheFolder } from '../../src/local/folder.js';
import { readOwnBytes, sumOf } from '../../src/local/own-bytes.js';

let folder: CacheFolder;

beforeEach(() => {
  folder = cacheFolder(mkdtempSync(join(tmpdir(), 'own-')));
});

afterEach(() => rmSync(folder.root, { recursive: true }));

function put(path: string, bytes: number): void {
  const file = join(folder.root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, Buffer.alloc(bytes));
}

test('counts what is beside the blobs, each under its name', () => {
  put('memory/a.json', 10);
  put('tools/buildbox/1/bin/casd', 200);
  put('casd/actioncache/objects/ab/cd', 3000);
  put('seals/ab/cd', 4);
  put('casd/assets/objects/ab/cd', 40_000);
  put('more/x', 500_000);
  put('run/casd.log', 1);
  put('casd/cas/objects/ab/cd', 1);
  put('casd/cas/staging/tree/file', 1);
  symlinkSync('/', join(folder.root, 'more', 'everything'));
  expect(readOwnBytes(folder)).toEqual({ memory: 10, tools: 200, results: 3004, other: 540_000 });
  expect(sumOf(readOwnBytes(folder))).toBe(543_214);
});

test('is nothing where there is no folder', () => {
  expect(sumOf(readOwnBytes(cacheFolder(join(folder.root, 'nowhere'))))).toBe(0);
});
