import { rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { git, linesOf, newRepository, useScratch, write } from './checkout.js';

const scratch = useScratch();
const at = (path: string) => join(scratch.path, path);
const inputs = (change = {}) => linesOf(at('repo'), scratch.path, change);

/** repo has the submodule lib, which has the submodule deep. */
function newSuperproject(): void {
  newRepository(at('deep'), { 'd.c': 'd' });
  newRepository(at('lib'), { 'l.c': 'l', '.gitignore': '*.o\n' });
  git(at('lib'), 'submodule', '--quiet', 'add', at('deep'), 'deep');
  git(at('lib'), 'commit', '--quiet', '--message', 'deep');
  newRepository(at('repo'), { 'r.c': 'r' });
  git(at('repo'), 'submodule', '--quiet', 'add', at('lib'), 'vendor/lib');
  git(at('repo'), 'commit', '--quiet', '--message', 'lib');
}

const LIB = ['vendor/lib/.gitignore', 'vendor/lib/.gitmodules'];

describe('a submodule', () => {
  test('is an empty folder until it is initialised, then what its own git says, at any depth', async () => {
    newSuperproject();
    expect(await inputs()).toEqual(['.gitmodules', 'r.c', ...LIB, 'vendor/lib/deep/', 'vendor/lib/l.c']);
    git(at('repo'), 'submodule', '--quiet', 'update', '--init', '--recursive');
    write(at('repo'), { 'vendor/lib/l.o': 'ignored there', 'r.o': '', 'vendor/lib/deep/new.c': '' });
    expect(await inputs()).toEqual([
      '.gitmodules',
      'r.c',
      'r.o',
      ...LIB,
      'vendor/lib/deep/d.c',
      'vendor/lib/deep/new.c',
      'vendor/lib/l.c',
    ]);
    git(at('repo'), 'submodule', '--quiet', 'deinit', '--force', '--all');
    expect(await inputs()).toEqual(['.gitmodules', 'r.c', 'r.o', 'vendor/lib/']);
  });

  test('is reached by pathspecs', async () => {
    newSuperproject();
    git(at('repo'), 'submodule', '--quiet', 'update', '--init', '--recursive');
    expect(await inputs({ pathspecs: ['*.c'] })).toEqual(['r.c', 'vendor/lib/deep/d.c', 'vendor/lib/l.c']);
    expect(await inputs({ pathspecs: ['vendor/lib/deep'] })).toEqual(['vendor/lib/deep/d.c']);
    expect(await inputs({ pathspecs: ['!vendor/lib/'] })).toEqual(['.gitmodules', 'r.c']);
    git(at('repo'), 'submodule', '--quiet', 'deinit', '--force', '--all');
    expect(await inputs({ pathspecs: ['vendor/lib/'] })).toEqual(['vendor/lib/']);
  });

  test('that is removed, or whose place a link or a file took, is that', async () => {
    newSuperproject();
    rmSync(at('repo/vendor/lib'), { recursive: true });
    expect(await inputs()).toEqual(['.gitmodules', 'r.c']);
    symlinkSync(at('lib'), at('repo/vendor/lib'));
    expect(await inputs()).toEqual(['.gitmodules', 'r.c', `vendor/lib -> ${at('lib')}`]);
    rmSync(at('repo/vendor/lib'));
    writeFileSync(at('repo/vendor/lib'), '');
    expect(await inputs()).toEqual(['.gitmodules', 'r.c', 'vendor/lib']);
  });
});

describe('a repository that is no submodule', () => {
  test('is listed by its own git, with and without a commit', async () => {
    newRepository(at('repo'), { a: '' });
    newRepository(at('repo/one'), { b: '', '.gitignore': 'ignored' });
    newRepository(at('repo/one/two'), { c: '' });
    write(at('repo'), { 'one/ignored': '', 'three/d': '' });
    git(at('repo/three'), 'init', '--quiet');
    expect(await inputs()).toEqual(['a', 'one/.gitignore', 'one/b', 'one/two/c', 'three/d']);
  });

  test('is left out where the repository around it ignores it', async () => {
    newRepository(at('repo'), { '.gitignore': 'one' });
    newRepository(at('repo/one'), { b: '' });
    expect(await inputs()).toEqual(['.gitignore']);
  });
});
