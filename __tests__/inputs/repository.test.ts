import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { findRepository } from '../../src/inputs/repository.js';
import { newRepository, useScratch, write } from './checkout.js';

const scratch = useScratch();
const at = (path: string) => join(scratch.path, path);

test('a repository is found from any folder in it, and the nearest one counts', () => {
  newRepository(at('repo'), { 'a/b/c': '' });
  newRepository(at('repo/a/inner'), { 'd/e': '' });
  expect(findRepository(at('repo'))).toBe(at('repo'));
  expect(findRepository(at('repo/a/b'))).toBe(at('repo'));
  expect(findRepository(at('repo/a/inner/d'))).toBe(at('repo/a/inner'));
  expect(findRepository(at('nowhere'))).toBeUndefined();
});

test.each([
  ['a file', { '.git': 'gitdir: elsewhere' }, true],
  ['a folder', { '.git/HEAD': '' }, true],
  ['a folder without HEAD', { '.git/config': '' }, false],
])('.git may be %s', (_, files, expected) => {
  write(at('repo'), files);
  expect(findRepository(at('repo'))).toBe(expected ? at('repo') : undefined);
});

test('.git may be a link', () => {
  newRepository(at('real'), { a: '' });
  write(at('repo'), { a: '' });
  symlinkSync(at('real/.git'), at('repo/.git'));
  expect(findRepository(at('repo'))).toBe(at('repo'));
});
