import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { readInputs } from '../../src/inputs/input-tree.js';
import { digestOf } from '../../src/reapi/digest.js';
import {
  brokenPath,
  containing,
  git,
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
const inputs = (folder = at('repo'), change = {}) => linesOf(folder, scratch.path, change);
const warnings = (change = {}) => warningsOf(at('repo'), scratch.path, change);

describe('a git checkout', () => {
  test('is what git tracks and would add, with its content and bits as they are on disk', async () => {
    newRepository(at('repo'), { 'a.c': 'old', 'tool*': 'x', 'sub/b.c': 'b', '.gitignore': '*.o\n' });
    write(at('repo'), { 'a.c': 'new', 'a.o': 'ignored', 'fresh.c': 'untracked', 'sub/c.c': '' });
    chmodSync(at('repo/sub/b.c'), 0o755);
    chmodSync(at('repo/tool'), 0o655); // The owner's bit alone counts.
    const tree = await readInputs(await requestFor(machineAt(at('repo'), scratch.path)));
    const file = (path: string, content: string, executable = false) => ({
      kind: 'file',
      path,
      digest: digestOf(Buffer.from(content)),
      executable,
    });
    expect(tree).toEqual({
      nodes: [
        file('.gitignore', '*.o\n'),
        file('a.c', 'new'),
        file('fresh.c', 'untracked'),
        file('sub/b.c', 'b', true),
        file('sub/c.c', ''),
        file('tool', 'x'),
      ],
      files: 6,
      bytes: 4 + 3 + 9 + 1 + 0 + 1,
      untracked: new Set(),
      warnings: [],
    });
  });

  test('has no file that is deleted from the working tree, or whose place something else took', async () => {
    newRepository(at('repo'), { gone: '', 'folder/in': '', now: '', lost: '', kept: '' });
    rmSync(at('repo/gone'));
    rmSync(at('repo/now'));
    write(at('repo'), { 'now/below': '' });
    rmSync(at('repo/lost'));
    mkdirSync(at('repo/lost'));
    expect(await inputs()).toEqual(['folder/in', 'kept', 'now/below']);
  });

  test('keeps symbolic links as they are, wherever they lead', async () => {
    newRepository(at('repo'), { 'folder/in': '' });
    symlinkSync('folder', at('repo/to-folder'));
    symlinkSync('/etc/passwd', at('repo/outside'));
    symlinkSync('../nowhere', at('repo/dangling'));
    expect(await inputs()).toEqual([
      'dangling -> ../nowhere',
      'folder/in',
      'outside -> /etc/passwd',
      'to-folder -> folder',
    ]);
  });

  test('is not followed through a link that took the place of a tracked folder', async () => {
    newRepository(at('repo'), { 'folder/secret': 'harmless' });
    write(at('repo'), { '.gitignore': '/folder' });
    rmSync(at('repo/folder'), { recursive: true });
    write(at('elsewhere'), { secret: 'not for the build' });
    symlinkSync(at('elsewhere'), at('repo/folder'));
    expect(await inputs()).toEqual(['.gitignore']);
  });

  test('lists a file in conflict once', async () => {
    newRepository(at('repo'), { both: 'base' });
    git(at('repo'), 'checkout', '--quiet', '-b', 'side');
    write(at('repo'), { both: 'side' });
    git(at('repo'), 'commit', '--quiet', '--all', '--message', 'side');
    git(at('repo'), 'checkout', '--quiet', '-');
    write(at('repo'), { both: 'main' });
    git(at('repo'), 'commit', '--quiet', '--all', '--message', 'main');
    expect(() => git(at('repo'), 'merge', 'side')).toThrow();
    expect(await inputs()).toEqual(['both']);
  });

  test('may be a folder of a repository: then what lies below it', async () => {
    newRepository(at('repo'), { top: '', '.gitignore': 'ignored', 'part/a': '', 'part/ignored': '' });
    write(at('repo'), { 'part/b': '' });
    expect(await inputs(at('repo/part'))).toEqual(['a', 'b']);
    expect(await inputs(at('repo/part'), { pathspecs: ['b'] })).toEqual(['b']);
  });

  test('may be reached by a symbolic link', async () => {
    newRepository(at('repo'), { 'part/a': '' });
    symlinkSync(at('repo/part'), at('link'));
    expect(await inputs(at('link'))).toEqual(['a']);
  });

  test('may be a worktree, whose .git is a file', async () => {
    newRepository(at('main'), { a: '', '.gitignore': '*.o' });
    git(at('main'), 'worktree', 'add', '--quiet', at('repo'));
    write(at('repo'), { 'b.o': '', c: '' });
    expect(await inputs()).toEqual(['.gitignore', 'a', 'c']);
  });

  test('may be a sparse one', async () => {
    newRepository(at('repo'), { 'in/a': '', 'out/b': '', top: '' });
    git(at('repo'), 'sparse-checkout', 'set', 'in');
    expect(await inputs()).toEqual(['in/a', 'top']);
  });

  test('ignored by the repository around it is a plain folder', async () => {
    newRepository(at('repo'), { '.gitignore': 'build' });
    write(at('repo'), { 'build/a': '', 'build/b/c': '' });
    expect(await inputs(at('repo/build'))).toEqual(['a', 'b/c']);
  });

  test('is sorted by bytes, whatever git tracks', async () => {
    newRepository(at('repo'), { 'a/b': '', 'a.c': '', '\u{1f600}': '' });
    write(at('repo'), { 'a-b': '', '\uff5e': '', café: '', café: '' });
    expect(await inputs()).toEqual(['a-b', 'a.c', 'a/b', 'cafe\u0301', 'caf\u00e9', '\uff5e', '\u{1f600}']);
  });

  test('whose git data is broken is a fault that shows what git said', async () => {
    newRepository(at('repo'), { a: '' });
    writeFileSync(at('repo/.git/index'), 'no index');
    await expect(inputs()).rejects.toMatchObject({
      name: 'Fault',
      message: containing(at('repo')),
      log: containing('index file'),
    });
  });
});

describe('a name that is not UTF-8', () => {
  test('is left out with a warning that shows the name, and the pathspec it proposes ends the warning', async () => {
    newRepository(at('repo'), { a: '' });
    writeFileSync(brokenPath(at('repo')), '');
    expect(await inputs()).toEqual(['a']);
    expect(await warnings()).toEqual([
      "the name of caf\\xe9.txt is not UTF-8, which an input's must be: it is left out. " +
        "Exclude it with `inputs: '!caf?.txt'` to have this said no more",
    ]);
    expect(await warnings({ pathspecs: ['!caf?.txt'] })).toEqual([]);
    expect(await warnings({ pathspecs: ['a'] })).toEqual([]);
  });

  test('is left out also where a pathspec names it alone: no other tool could be given it', async () => {
    newRepository(at('repo'), { a: '' });
    writeFileSync(brokenPath(at('repo')), '');
    expect(await inputs(at('repo'), { pathspecs: ['caf?.txt'] })).toEqual([]);
    expect(await warnings({ pathspecs: ['caf?.txt'] })).toHaveLength(1);
  });

  test('does no harm when the file is deleted', async () => {
    newRepository(at('repo'), { a: '' });
    writeFileSync(brokenPath(at('repo')), '');
    git(at('repo'), 'add', '--all');
    rmSync(brokenPath(at('repo')));
    expect(await inputs()).toEqual(['a']);
  });

  test('is no target of a link either', async () => {
    newRepository(at('repo'), { a: '' });
    for (const name of ['link', 'other']) symlinkSync(Buffer.from([0x78, 0xff]), at(`repo/${name}`));
    expect(await inputs()).toEqual(['a']);
    expect(await warnings()).toEqual([
      "the symbolic link link (and 1 more) points to a name that is not UTF-8, which an input's must be: " +
        "it is left out. Exclude it with `inputs: '!link'` to have this said no more",
    ]);
    expect(await warnings({ pathspecs: ['!link', '!other'] })).toEqual([]);
  });

  test('has a repository left out too, which stands for its files', async () => {
    newRepository(at('repo'), { a: '' });
    newRepository(at('nested'), { b: '' });
    renameSync(at('nested'), brokenPath(at('repo')));
    expect(await inputs()).toEqual(['a']);
    expect(await warnings()).toEqual([containing('caf\\xe9.txt is not UTF-8')]);
    expect(await warnings({ pathspecs: ['!caf?.txt'] })).toEqual([]);
  });
});
