import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { findHint } from '../../src/build/failure-hints.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hints-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

function hintIn(...texts: readonly string[]): Promise<string | undefined> {
  const files = texts.map((text, i) => {
    const file = join(folder, String(i));
    writeFileSync(file, text);
    return file;
  });
  return findHint(files);
}

test.each([
  ['cp: error writing ‘x’: No space left on device', 'No space left on device'],
  ['Error: ENOSPC: no space left on device, write', 'ENOSPC'],
  ['g++: fatal error: Killed signal terminated program cc1plus', 'Killed'],
  ["terminate called after throwing an instance of 'std::bad_alloc'", 'bad_alloc'],
  ['FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory', 'out of memory'],
  ['bash: fork: retry: Resource temporarily unavailable', 'Resource temporarily unavailable'],
])('%s', async (text, hint) => expect(await hintIn('', text)).toBe(hint));

test.each(['2 tests failed', 'skilled work', 'ENOENT: no such file or directory', ''])(
  '%j tells nothing of the machine',
  async (text) => expect(await hintIn(text)).toBeUndefined(),
);

test('words that lie across two chunks are found', async () => {
  const chunk = 65_536;
  expect(await hintIn(`${'-'.repeat(chunk - 10)} No space left on device ${'-'.repeat(chunk)}`)).toBe(
    'No space left on device',
  );
});
