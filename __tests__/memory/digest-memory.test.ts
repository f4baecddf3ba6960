import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { DigestMemory, type FileStatus } from '../../src/memory/digest-memory.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'memory-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

const settled: FileStatus = { size: 1, mtimeMs: 1000.5, ctimeMs: 1000.5, ino: 7 };

async function remembering(path: string, status: FileStatus, value: string): Promise<DigestMemory> {
  const file = join(folder, 'memory.json');
  const memory = await DigestMemory.open(file);
  memory.remember(path, status, value);
  await memory.save();
  return DigestMemory.open(file);
}

describe('DigestMemory', () => {
  test('recalls what has not changed', async () => {
    expect((await remembering('a', settled, 'x')).recall('a', settled)).toBe('x');
    expect(readdirSync(folder)).toEqual(['memory.json']);
  });

  test.each<Partial<FileStatus>>([{ size: 2 }, { mtimeMs: 1000.25 }, { ctimeMs: 1001 }, { ino: 8 }])(
    'not after a change of %j',
    async (change) => {
      expect((await remembering('a', settled, 'x')).recall('a', { ...settled, ...change })).toBeUndefined();
    },
  );

  test('does not keep what may change again within the grain of the clock', async () => {
    const fresh = { ...settled, mtimeMs: Date.now(), ctimeMs: Date.now() };
    expect((await remembering('a', fresh, 'x')).recall('a', fresh)).toBeUndefined();
  });

  test('forgets what is not used any more', async () => {
    const file = join(folder, 'memory.json');
    await remembering('a', settled, 'x');
    const next = await DigestMemory.open(file);
    next.remember('b', settled, 'y');
    await next.save();
    expect((await DigestMemory.open(file)).recall('a', settled)).toBeUndefined();
  });

  test.each(['', '{', '{"version":2,"entries":{}}', '{"version":1,"entries":{"a":[1,2]}}'])(
    'a file of %j is an empty memory',
    async (text) => {
      const file = join(folder, 'memory.json');
      writeFileSync(file, text);
      expect((await DigestMemory.open(file)).recall('a', settled)).toBeUndefined();
    },
  );

  test('removes a memory that was not used for long', async () => {
    const old = join(folder, 'old.json');
    writeFileSync(old, '{}');
    utimesSync(old, 0, 0);
    await remembering('a', settled, 'x');
    expect(readdirSync(folder)).toEqual(['memory.json']);
  });

  test('a name of Object.prototype is a name like any other', async () => {
    expect((await remembering('a', settled, 'x')).recall('constructor', settled)).toBeUndefined();
  });
});
