import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { readInputs } from '../../src/inputs/input-tree.js';
import {
  containing,
  brokenPath,
  linesOf,
  machineAt,
  newRepository,
  requestFor,
  useScratch,
  warningsOf,
  write,
} from './checkout.js';

const scratch = useScratch();
const at = (path: string) => join(scratch.path, path);
const inputs = (change = {}) => linesOf(at('folder'), scratch.path, change);

describe('a folder outside git', () => {
  test('is all that it holds, empty folders too', async () => {
    write(at('folder'), { '.gitignore': '*.o', 'a.o': '', 'sub/run*': '', 'sub/é': '' });
    mkdirSync(at('folder/empty/deep'), { recursive: true });
    symlinkSync('sub', at('folder/link'));
    expect(await inputs()).toEqual(['.gitignore', 'a.o', 'empty/deep/', 'link -> sub', 'sub/run*', 'sub/é']);
  });

  test('may be empty', async () => {
    mkdirSync(at('folder'));
    const tree = await readInputs(await requestFor(machineAt(at('folder'), scratch.path)));
    expect(tree).toEqual({ nodes: [], files: 0, bytes: 0, untracked: new Set(), warnings: [] });
  });

  test('has its repositories listed by git, without .git', async () => {
    write(at('folder'), { plain: '' });
    newRepository(at('folder/one'), { a: '', '.gitignore': '*.o' });
    newRepository(at('folder/deep/two'), { b: '' });
    write(at('folder'), { 'one/x.o': '', 'deep/c': '' });
    mkdirSync(at('folder/one/empty')); // Git does not know empty folders.
    mkdirSync(at('folder/three/.git'), { recursive: true }); // No repository, and no input either.
    write(at('folder'), { 'three/d': '', 'four/.GIT/config': 'token' });
    expect(await inputs()).toEqual([
      'deep/c',
      'deep/two/b',
      'four/',
      'one/.gitignore',
      'one/a',
      'plain',
      'three/d',
    ]);
  });

  test('in which a repository is broken is a fault that names it', async () => {
    write(at('folder'), { 'a/.git': 'gitdir: /nonexistent', 'a/b': '' });
    await expect(inputs()).rejects.toMatchObject({
      message: containing(at('folder/a')),
      log: containing('not a git repository'),
      remedy: containing(at('folder/a/.git')),
    });
  });

  test('leaves out sockets and pipes, which have no content', async () => {
    write(at('folder'), { a: '' });
    mkdirSync(at('folder/run'));
    execFileSync('mkfifo', [at('folder/pipe')]);
    const server = createServer().listen(at('folder/run/socket'));
    await new Promise((resolve) => server.once('listening', resolve));
    try {
      expect(await inputs()).toEqual(['a', 'run/']);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  test('takes pathspecs as a checkout does', async () => {
    write(at('folder'), { 'src/a.c': '', 'src/sub/b.c': '', 'docs/c.md': '', 'git~1': '' });
    mkdirSync(at('folder/empty'));
    expect(await inputs({ pathspecs: ['src', '!*/b.c'] })).toEqual(['src/a.c']);
    expect(await inputs({ pathspecs: ['!src'] })).toEqual(['docs/c.md', 'empty/', 'git~1']);
    expect(await inputs({ pathspecs: ['empty/'] })).toEqual(['empty/']);
  });

  test('has what is below a folder left out whose name is not UTF-8', async () => {
    mkdirSync(brokenPath(at('')), { recursive: true });
    mkdirSync(at('folder'));
    mkdirSync(brokenPath(at('folder')));
    writeFileSync(Buffer.concat([brokenPath(at('folder')), Buffer.from('/in')]), '');
    expect(await inputs()).toEqual([]);
    expect(await warningsOf(at('folder'), scratch.path)).toEqual([
      containing('caf\\xe9.txt/in is not UTF-8'),
    ]);
    expect(await warningsOf(at('folder'), scratch.path, { pathspecs: ['!caf*'] })).toEqual([]);
  });

  const root = process.getuid?.() === 0;
  (root ? test.skip : test)('that cannot be read is a fault that names it', async () => {
    write(at('folder'), { 'closed/a': '' });
    chmodSync(at('folder/closed'), 0);
    try {
      await expect(inputs()).rejects.toMatchObject({
        name: 'Fault',
        message: containing(at('folder/closed')),
      });
    } finally {
      chmodSync(at('folder/closed'), 0o755);
    }
  });
});

describe('without git', () => {
  const withoutGit = () => ({
    machine: { ...machineAt(at('folder'), scratch.path), path: [at('no-programs')] },
  });

  test('a checkout is walked as a plain folder, and .git is no input', async () => {
    newRepository(at('folder'), { a: '', '.gitignore': '*.o' });
    newRepository(at('folder/nested'), { b: '' });
    write(at('folder'), { 'x.o': '' });
    mkdirSync(at('folder/empty'));
    expect(await inputs(withoutGit())).toEqual(['.gitignore', 'a', 'empty/', 'nested/b', 'x.o']);
  });

  test('pathspecs are a fault that says to install it', async () => {
    write(at('folder'), { a: '' });
    await expect(inputs({ ...withoutGit(), pathspecs: ['a'] })).rejects.toMatchObject({
      name: 'Fault',
      remedy: containing('Install git'),
    });
  });
});
