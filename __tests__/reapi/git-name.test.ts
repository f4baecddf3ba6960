import { describe, expect, test } from '@jest/globals';
import { hasGitName, isGitName } from '../../src/reapi/git-name.js';

describe('isGitName', () => {
  test.each([
    '.git',
    '.GIT',
    '.gIt',
    '.git.',
    '.git ',
    '.git. . ',
    '.git::$INDEX_ALLOCATION',
    '.git:stream',
    'git~1',
    'GIT~1',
    '.g\u200cit',
    '\u200d.git\ufeff',
    '.gi\u202at',
    'a\\.git\\hooks',
  ])('%j is', (name) => expect(isGitName(name)).toBe(true));

  test.each([
    '',
    'git',
    '.gitignore',
    '.github',
    'x.git',
    '..git',
    '.git2',
    'git~10',
    'git~',
    '.gít',
    'g\u200cit',
  ])('%j is not', (name) => expect(isGitName(name)).toBe(false));

  test('is asked of each segment', () => {
    expect([hasGitName('a/.git/b'), hasGitName('/.GIT'), hasGitName('a/b.git')]).toEqual([true, true, false]);
  });
});
