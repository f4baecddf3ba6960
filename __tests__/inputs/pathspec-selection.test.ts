import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { containing, git, linesOf, newRepository, useScratch, write } from './checkout.js';

const scratch = useScratch();
const at = (path: string) => join(scratch.path, path);
const inputs = (pathspecs: string[], folder = 'repo', change = {}) =>
  linesOf(at(folder), scratch.path, { pathspecs, ...change });

const FILES = {
  Makefile: '',
  'README.md': '',
  'docs/guide.md': '',
  'src/a.c': '',
  'src/deep/b.C': '',
  'src/deep/b.c': '',
  'src/odd[1].c': '',
};

describe('pathspecs select as git does', () => {
  test.each([
    [['src/a.c'], ['src/a.c']],
    [['src'], ['src/a.c', 'src/deep/b.C', 'src/deep/b.c', 'src/odd[1].c']],
    [['src/deep/'], ['src/deep/b.C', 'src/deep/b.c']],
    [['./docs/../docs'], ['docs/guide.md']],
    [['*.c'], ['src/a.c', 'src/deep/b.c', 'src/odd[1].c']],
    [['src/*.c'], ['src/a.c', 'src/deep/b.c', 'src/odd[1].c']],
    [[':(glob)src/*.c'], ['src/a.c', 'src/odd[1].c']],
    [[':(glob)**/b.c'], ['src/deep/b.c']],
    [[':(icase)SRC/DEEP/B.C'], ['src/deep/b.C', 'src/deep/b.c']],
    [[':(literal)src/odd[1].c'], ['src/odd[1].c']],
    [[':/docs'], ['docs/guide.md']],
    [[':(attr:text)'], ['README.md', 'docs/guide.md']],
    [['!src'], ['Makefile', 'README.md', 'docs/guide.md']],
    [['!src', '!*.md', '!nothing/here'], ['Makefile']],
    [
      ['src', '!src/deep'],
      ['src/a.c', 'src/odd[1].c'],
    ],
    [
      ['!src/deep', 'src'],
      ['src/a.c', 'src/odd[1].c'],
    ],
    [['!:(glob)src/*.c', '*.c'], ['src/deep/b.c']],
    [['*.md', ':!docs', ':^Makefile'], ['README.md']],
    [['.'], Object.keys(FILES)],
    [['docs', '!docs'], []],
  ])('%j', async (pathspecs, expected) => {
    newRepository(at('repo'), FILES);
    write(at('repo'), { '.git/info/exclude': '.gitattributes', '.gitattributes': '*.md text\n' });
    expect(await inputs(pathspecs)).toEqual(expected);
  });

  test('in a part of a repository, with the attributes of the whole', async () => {
    newRepository(at('repo'), {
      '.gitattributes': 'part/*.md export\n',
      'part/a.md': '',
      'part/b.c': '',
      other: '',
    });
    expect(await inputs([':(top,attr:export)'], 'repo/part')).toEqual(['a.md']);
    expect(await inputs([':/part/b.c'], 'repo/part')).toEqual(['b.c']);
    await expect(inputs([':/other'], 'repo/part')).rejects.toThrow('":/other" is not usable');
  });
});

describe('a pathspec is a mistake', () => {
  test.each([
    [['nothing'], 'nothing', 'matches no input file'],
    [['src', 'nothing/*'], 'nothing/*', 'matches no input file'],
    [['gone'], 'gone', 'matches no input file'],
    [['out'], 'out', 'matches no input file'],
    [['!src', 'nothing'], 'nothing', 'matches no input file'],
    [['src', ':(foo)x'], ':(foo)x', "Git says: Invalid pathspec magic 'foo'"],
    [['!:(foo)x'], '!:(foo)x', "Git says: Invalid pathspec magic 'foo'"],
    [['src', '../repo/src'], '../repo/src', 'relative to the workspace'],
  ])('in %j: %j', async (pathspecs, value, message) => {
    newRepository(at('repo'), { 'src/a': '', gone: '' });
    write(at('repo'), { 'out/x': '' });
    git(at('repo'), 'rm', '--quiet', 'gone');
    await expect(inputs(pathspecs, 'repo', { written: ['out'] })).rejects.toMatchObject({
      name: 'InputError',
      input: 'inputs',
      value,
      message: containing(message),
    });
    expect(existsSync(at('temporary')) ? readdirSync(at('temporary')) : []).toEqual([]);
  });
});
