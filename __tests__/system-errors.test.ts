import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Fault } from '../src/errors.js';
import { explainError } from '../src/report/explain-error.js';
import { explainSystemError, workIn } from '../src/system-errors.js';

const refused = (code: string, path?: string) =>
  Object.assign(new Error(`${code}: words of the system, write`), { code, syscall: 'write', path });

describe('explainSystemError', () => {
  test.each([
    ['ENOSPC', /no space is left/, /df -i/],
    ['EDQUOT', /quota of this user/, /raise the quota/],
    ['EROFS', /read-only/, /`cache-dir`/],
    ['EACCES', /may not/, /TMPDIR/],
    ['EMFILE', /too many files open/, /ulimit -n/],
    ['ENAMETOOLONG', /too long/, /shorter/],
    ['EIO', /cannot be read or written/, /Check the disk/],
  ])('%s', (code, title, remedy) => {
    const trouble = explainSystemError(refused(code));
    expect(trouble?.title).toMatch(title);
    expect(trouble?.title).toContain('words of the system');
    expect(trouble?.remedy).toMatch(remedy);
  });

  test('what happens to a file that is named is somebody else’s doing', () => {
    expect(explainSystemError(refused('ENOTDIR', '/x'))?.title).toMatch(/something else has changed it/);
  });

  test.each([
    ['an error of ours', new TypeError('x is not a function')],
    ['an error of Node', Object.assign(new Error('no'), { code: 'ERR_INVALID_ARG_TYPE' })],
    ['a call that is wrong in itself', refused('EINVAL')],
    ['nothing', undefined],
    ['a text', 'ENOSPC'],
  ])('%s is none', (_, error) => {
    expect(explainSystemError(error)).toBeUndefined();
  });
});

test('no call that the system refuses is told as a bug', () => {
  const explanation = explainError(refused('ENOSPC', '/x'));
  expect(explanation).toMatchObject({ kind: 'fault', exitCode: 125 });
  expect(explanation.lines).toHaveLength(1);
});

describe('workIn', () => {
  test('says where, and leaves what is no such error alone', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'work-in-'));
    try {
      writeFileSync(join(folder, 'file'), '');
      const failing = workIn(`the folder ${folder}`, async () => readFileSync(join(folder, 'file/below')));
      await expect(failing).rejects.toThrow(new RegExp(`^the folder ${folder} cannot be used: .*ENOTDIR`));
      await expect(workIn('x', () => Promise.reject(new Fault('mine')))).rejects.toThrow(/^mine$/);
      expect(await workIn('x', async () => 7)).toBe(7);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
