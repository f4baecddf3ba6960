import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { git, linesOf, newRepository, useScratch, write } from './checkout.js';

const scratch = useScratch();
const at = (path: string) => join(scratch.path, path);
const inputs = (folder: string, change = {}) => linesOf(at(folder), scratch.path, change);

describe('what a run that was killed left', () => {
  const left = ['.buildbox-0123456789ab-old-0', 'deep/.buildbox-0123456789ab-1-2-00000000-3'];

  test('is no input, in git and outside, unless git tracks it', async () => {
    const files = Object.fromEntries(left.map((name) => [`${name}/old/x`, '']));
    newRepository(at('repo'), { a: '' });
    write(at('repo'), files);
    expect(await inputs('repo')).toEqual(['a']);
    git(at('repo'), 'add', '--all');
    expect(await inputs('repo')).toHaveLength(3);
    write(at('plain'), { ...files, a: '', 'deep/b': '' });
    expect(await inputs('plain')).toEqual(['a', 'deep/b']);
  });
});

describe('what the run writes', () => {
  test('is no input unless git tracks it', async () => {
    newRepository(at('repo'), { a: '', 'build/tracked': '' });
    write(at('repo'), { 'build/app*': '', 'build/deep/x': '', 'builder/y': '', 'record.json': '' });
    expect(await inputs('repo', { written: ['build', './record.json'] })).toEqual([
      'a',
      'build/tracked',
      'builder/y',
    ]);
    expect(await inputs('repo', { written: ['build/app'] })).toContain('build/deep/x');
    expect(await inputs('repo', { written: ['build/deep/'] })).not.toContain('build/deep/x');
    expect(await inputs('repo', { written: ['.'] })).toEqual(['a', 'build/tracked']);
    expect(await inputs('repo', { written: ['../elsewhere', '..'] })).toHaveLength(6);
  });

  test('holds in a workspace that is part of a repository', async () => {
    newRepository(at('repo'), { build: '', 'part/a': '' });
    write(at('repo'), { 'part/build/app': '', 'part/part/build': '' });
    expect(await inputs('repo/part', { written: ['build'] })).toEqual(['a', 'part/build']);
  });

  test.each([
    ['o[1]*?', 'o1zz'],
    ['trailing ', 'trailing'],
    ['#hash', 'hash'],
    ['!bang', 'bang'],
    ['back\\slash', 'backslash'],
    ['\u00fcn\u00ef', 'un'],
  ])('is taken literally: %j is not %j', async (name, other) => {
    newRepository(at('repo'), { a: '' });
    write(at('repo'), { [`${name}/x`]: '', [`${other}/y`]: '', [`z/${name}/y`]: '' });
    expect(await inputs('repo', { written: [name] })).toEqual(['a', `${other}/y`, `z/${name}/y`]);
  });

  test('is no input in a submodule and in other repositories either', async () => {
    newRepository(at('lib'), { 'l.c': '' });
    newRepository(at('repo'), { a: '' });
    git(at('repo'), 'submodule', '--quiet', 'add', at('lib'), 'lib');
    newRepository(at('repo/other'), { 'o.c': '' });
    write(at('repo'), { 'lib/out/x': '', 'lib/keep': '', 'other/out/x': '' });
    expect(await inputs('repo', { written: ['lib/out', 'other/out'] })).toEqual([
      '.gitmodules',
      'a',
      'lib/keep',
      'lib/l.c',
      'other/o.c',
    ]);
    expect(await inputs('repo', { written: ['lib', 'other'] })).toEqual(['.gitmodules', 'a', 'lib/l.c']);
  });

  test('is no input in a plain folder, and its folder is not kept for it', async () => {
    write(at('folder'), { a: '' });
    const before = await inputs('folder', { written: ['build/bin/app'] });
    write(at('folder'), { 'build/bin/app': '' });
    expect(await inputs('folder', { written: ['build/bin/app'] })).toEqual(before);
    expect(before).toEqual(['a']);
  });
});

describe('an excluded folder', () => {
  test('is never input, not even what git tracks of it', async () => {
    newRepository(at('repo'), { a: '', 'cache/tracked': '' });
    write(at('repo'), { 'cache/blob': '', 'deep/cache/blob': '' });
    expect(await inputs('repo', { excluded: [at('repo/cache'), at('repo/deep/cache')] })).toEqual(['a']);
    expect(await inputs('repo', { excluded: [at('elsewhere')] })).toHaveLength(4);
  });

  test('is not even looked into', async () => {
    write(at('folder'), { a: '', 'cache/lib/.git': 'gitdir: /nonexistent' });
    expect(await inputs('folder', { excluded: [at('folder/cache')] })).toEqual(['a']);
    await expect(inputs('folder')).rejects.toThrow(at('folder/cache/lib'));
  });

  test('is known by its real path, and may not be there yet', async () => {
    write(at('folder'), { a: '', 'cache/blob': '' });
    symlinkSync(at('folder'), at('link'));
    expect(await inputs('folder', { excluded: [at('link/cache')] })).toEqual(['a']);
    expect(await inputs('link', { excluded: [at('folder/cache')] })).toEqual(['a']);
    expect(await inputs('folder', { excluded: [at('link/new/cache')] })).toEqual(['a', 'cache/blob']);
  });
});
