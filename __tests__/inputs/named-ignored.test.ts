import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { git, linesOf, newRepository, useScratch, write } from './checkout.js';

const scratch = useScratch();
const at = (path: string) => join(scratch.path, path);
const inputs = (pathspecs: string[], folder = 'repo', change = {}) =>
  linesOf(at(folder), scratch.path, { pathspecs, ...change });

const IGNORED = {
  '.env': 'SECRET=1',
  'a.log': '',
  'dist/app.js': '',
  'dist/deep/x.map': '',
  'kept/gen.c': '',
  'kept/deep/gen.c': '',
  'node_modules/a/index.js': '',
  'node_modules/a/node_modules/b/index.js': '',
  'packages/one/dist/one.js': '',
  'packages/one/.env': 'SECRET=2',
  'packages/two/dist/deep/two.js': '',
  'src/.env': 'SECRET=3',
  'src/cache/x': '',
  'some/out.bin': '',
};

/** A repository in which all of `IGNORED` is, beside what git knows. */
function checkout(): void {
  newRepository(at('repo'), {
    '.gitignore': '.env\n*.log\ndist/\n/kept/*\n!/kept/.gitkeep\nnode_modules\ncache/\n*.bin\n',
    'kept/.gitkeep': '',
    'packages/one/package.json': '',
    'packages/two/package.json': '',
    'src/main.c': '',
    'some/known': '',
  });
  write(at('repo'), IGNORED);
}

describe('what git ignores is input where it is named', () => {
  test.each<[pathspecs: string[], expected: string[]]>([
    [['dist'], ['dist/app.js', 'dist/deep/x.map']],
    [['dist/'], ['dist/app.js', 'dist/deep/x.map']],
    [['dist/deep'], ['dist/deep/x.map']],
    [['dist/app.js'], ['dist/app.js']],
    [['dist/**'], ['dist/app.js', 'dist/deep/x.map']],
    [['dist/*.js'], ['dist/app.js']],
    [[':(glob)dist/*'], ['dist/app.js']],
    [[':/dist/deep'], ['dist/deep/x.map']],
    [['dist', '!*.map'], ['dist/app.js']],
    [['node_modules'], ['node_modules/a/index.js', 'node_modules/a/node_modules/b/index.js']],
    [['kept'], ['kept/.gitkeep', 'kept/deep/gen.c', 'kept/gen.c']],
    [['packages/*/dist/**'], ['packages/one/dist/one.js', 'packages/two/dist/deep/two.js']],
    [['packages/one/dist'], ['packages/one/dist/one.js']],
    [
      [':(glob)**/dist/**'],
      ['dist/app.js', 'dist/deep/x.map', 'packages/one/dist/one.js', 'packages/two/dist/deep/two.js'],
    ],
    [['.env'], ['.env']],
    [['packages/*/.env'], ['packages/one/.env']],
    [['some/out.bin'], ['some/out.bin']],
    [
      ['src', 'dist/app.js'],
      ['dist/app.js', 'src/main.c'],
    ],
  ])('%j', async (pathspecs, expected) => {
    checkout();
    expect(await inputs(pathspecs)).toEqual(expected);
  });

  test('beside all that git does not ignore', async () => {
    checkout();
    const usual = await inputs([]);
    expect(await inputs(['.'])).toEqual(usual);
    expect(await inputs(['.', 'dist'])).toEqual([...usual, 'dist/app.js', 'dist/deep/x.map'].sort());
  });

  test('in a part of a repository, a submodule, and a repository below', async () => {
    checkout();
    expect(await inputs(['dist'], 'repo/packages/one')).toEqual(['dist/one.js']);
    expect(await inputs([':/packages/one/dist'], 'repo/packages/one')).toEqual(['dist/one.js']);
    newRepository(at('other'), { '.gitignore': 'made\n', known: '' });
    git(at('repo'), 'submodule', '--quiet', 'add', at('other'), 'sub');
    write(at('repo'), { 'sub/made/x': '', 'sub/y/made/z': '' });
    expect(await inputs(['sub/made'])).toEqual(['sub/made/x']);
    expect(await inputs(['sub/*/made/*'])).toEqual(['sub/y/made/z']);
    // A repository that is ignored as a whole tells itself what is of it.
    newRepository(at('repo/dist/clone'), { '.gitignore': 'made\n', known: '' });
    write(at('repo'), { 'dist/clone/made/x': '' });
    expect(await inputs(['dist/clone'])).toEqual(['dist/clone/.gitignore', 'dist/clone/known']);
    expect(await inputs(['dist'])).toEqual([
      ...['dist/app.js', 'dist/clone/.gitignore', 'dist/clone/known', 'dist/deep/x.map'],
    ]);
  });

  test('with links and empty folders as they are', async () => {
    checkout();
    mkdirSync(at('repo/dist/empty'));
    symlinkSync('../a/index.js', at('repo/node_modules/link'));
    expect(await inputs(['dist/empty'])).toEqual(['dist/empty/']);
    expect(await inputs(['node_modules/link'])).toEqual(['node_modules/link -> ../a/index.js']);
  });
});

describe('what git ignores is no input', () => {
  test.each<[pathspecs: string[], expected: string[]]>([
    [['src'], ['src/main.c']],
    [['some'], ['some/known']],
    [['packages'], ['packages/one/package.json', 'packages/two/package.json']],
    [['packages/*'], ['packages/one/package.json', 'packages/two/package.json']],
    [
      ['src/*', 'packages/on?/**'],
      ['packages/one/package.json', 'src/main.c'],
    ],
    [['*.js', 'src'], ['src/main.c']],
    [
      ['*.json', '.e*', '**/.e*'],
      ['packages/one/package.json', 'packages/two/package.json'],
    ],
    [[':(icase)SRC'], ['src/main.c']],
  ])('where it is not named: %j', async (pathspecs, expected) => {
    checkout();
    const matching = pathspecs.filter((pathspec) => !/js$|\.e/.test(pathspec));
    expect(await inputs(matching)).toEqual(expected);
    await Promise.all(
      pathspecs
        .filter((pathspec) => !matching.includes(pathspec))
        .map((pathspec) => expect(inputs([pathspec])).rejects.toThrow(/has to be named/)),
    );
  });

  test('where it is an output of this build, what is excluded, or the repository itself', async () => {
    checkout();
    await expect(inputs(['dist'], 'repo', { written: ['dist'] })).rejects.toThrow(/An output of this build/);
    await expect(inputs(['dist'], 'repo', { excluded: [at('repo/dist')] })).rejects.toThrow(/no input/);
    await expect(inputs(['.git'])).rejects.toThrow(/no input/);
    await expect(inputs(['.git/config'])).rejects.toThrow(/no input/);
  });

  test('where it lies behind a link', async () => {
    checkout();
    rmSync(at('repo/dist'), { recursive: true });
    write(at('elsewhere'), { 'app.js': '' });
    symlinkSync(at('elsewhere'), at('repo/dist'));
    await expect(inputs(['dist/app.js'])).rejects.toThrow(/no input/);
  });
});
