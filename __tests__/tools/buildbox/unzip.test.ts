import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { unzipFiles } from '../../../src/tools/buildbox/unzip.js';
import { makeZip } from './make-zip.js';
import { inTemporaryFolder } from '../support.js';

const never = new AbortController().signal;

test('only the wanted files are written, executable, and the missing ones are named', () =>
  inTemporaryFolder(async (folder) => {
    const archive = join(folder, 'a.zip');
    await writeFile(archive, makeZip({ 'bin/one': 'first', 'bin/two': 'second', 'etc/other': 'no' }));
    const wanted = new Map([
      ['bin/one', join(folder, 'one')],
      ['bin/absent', join(folder, 'absent')],
    ]);
    expect(await unzipFiles(archive, wanted, never)).toEqual(['bin/absent']);
    expect((await readdir(folder)).sort()).toEqual(['a.zip', 'one']);
    expect(await readFile(join(folder, 'one'), 'utf8')).toBe('first');
    expect((await stat(join(folder, 'one'))).mode & 0o100).toBe(0o100);
  }));

test('an abort ends it', () =>
  inTemporaryFolder(async (folder) => {
    const archive = join(folder, 'a.zip');
    await writeFile(archive, makeZip({ one: 'first' }));
    await expect(
      unzipFiles(archive, new Map([['one', join(folder, 'one')]]), AbortSignal.abort()),
    ).rejects.toThrow(/abort/i);
  }));
