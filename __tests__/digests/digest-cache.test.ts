import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { DigestCache, type FileStatus } from '../../src/digests/digest-cache.js';
import { seal } from '../../src/digests/sealed.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'memory-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

const settled: FileStatus = { size: 1, mtimeMs: 1000.5, ctimeMs: 1000.5, ino: 7 };

async function remembering(path: string, status: FileStatus, value: string): Promise<DigestCache> {
  const file = join(folder, 'memory.json');
  const memory = await DigestCache.open(file);
  memory.remember(path, status, value);
  await memory.save();
  return DigestCache.open(file);
}

describe('DigestCache', () => {
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

  test.each([
    ['of whole seconds are not trusted within two of them', 0, 1000, undefined],
    ['of whole seconds are trusted after that', 0, 3500, 'x'],
    ['with fractions are trusted sooner', 0.25, 1500, 'x'],
  ])('time stamps %s', async (_, fraction, age, recalled) => {
    const ctimeMs = Math.floor((Date.now() - age) / 1000) * 1000 + 1000 * fraction;
    const status = { ...settled, mtimeMs: ctimeMs, ctimeMs };
    expect((await remembering('a', status, 'x')).recall('a', status)).toBe(recalled);
  });

  test('a modification time that a program set to whole seconds is no coarse stamp', async () => {
    const ctimeMs = Date.now() - 500.25;
    const status = { ...settled, mtimeMs: 1_000_000_000_000, ctimeMs };
    expect((await remembering('a', status, 'x')).recall('a', status)).toBe('x');
  });

  test('does not keep what came to rest only after the memory was opened', async () => {
    const file = join(folder, 'memory.json');
    const memory = await DigestCache.open(file);
    const fresh = { ...settled, ctimeMs: Date.now() + 0.25 };
    await new Promise((wait) => setTimeout(wait, 150));
    memory.remember('a', fresh, 'x');
    await memory.save();
    expect((await DigestCache.open(file)).recall('a', fresh)).toBeUndefined();
  });

  test('what is distrusted is found out anew, and then remembered', async () => {
    await remembering('a', settled, 'wrong');
    const file = join(folder, 'memory.json');
    const memory = await DigestCache.open(file);
    memory.distrust('a');
    expect(memory.recall('a', settled)).toBeUndefined();
    memory.remember('a', settled, 'right');
    await memory.save();
    expect((await DigestCache.open(file)).recall('a', settled)).toBe('right');
  });

  test('a file with one changed character is an empty memory', async () => {
    await remembering('a', settled, 'x');
    const file = join(folder, 'memory.json');
    const text = readFileSync(file, 'utf8');
    for (let at = 0; at < text.length; at += 1) {
      writeFileSync(file, `${text.slice(0, at)}${text[at] === '7' ? '8' : '7'}${text.slice(at + 1)}`);
      expect((await DigestCache.open(file)).recall('a', settled)).toBeUndefined();
    }
    writeFileSync(file, text);
    expect((await DigestCache.open(file)).recall('a', settled)).toBe('x');
  });

  test('forgets what is not used any more', async () => {
    const file = join(folder, 'memory.json');
    await remembering('a', settled, 'x');
    const next = await DigestCache.open(file);
    next.remember('b', settled, 'y');
    await next.save();
    expect((await DigestCache.open(file)).recall('a', settled)).toBeUndefined();
  });

  test.each(['', '{', seal('{'), seal('{"version":1,"entries":{"a":["1","2"]}}'), seal('{"version":2}')])(
    'a file of %j is an empty memory',
    async (text) => {
      const file = join(folder, 'memory.json');
      writeFileSync(file, text);
      expect((await DigestCache.open(file)).recall('a', settled)).toBeUndefined();
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
