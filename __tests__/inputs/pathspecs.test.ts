import { describe, expect, test } from '@jest/globals';
import { InputError } from '../../src/errors.js';
import { parsePathspec } from '../../src/inputs/pathspecs.js';

describe('a pathspec', () => {
  test.each([
    ['src', 'src', false],
    ['*.c', '*.c', false],
    ['.', '.', false],
    ['a/../b', 'a/../b', false],
    [':(glob)src/**/*.c', ':(glob)src/**/*.c', false],
    [':/src', ':/src', false],
    ['!docs', ':(exclude)docs', true],
    ['!*.md', ':(exclude)*.md', true],
    ['!:(glob)a/*', ':(exclude,glob)a/*', true],
    ['!:(icase,glob)a/*', ':(exclude,icase,glob)a/*', true],
    ['!:/docs', ':^/docs', true],
    [':!docs', ':!docs', true],
    [':^docs', ':^docs', true],
    [':(exclude)docs', ':(exclude)docs', true],
    [':(top,exclude)docs', ':(top,exclude)docs', true],
    [':(literal)!docs', ':(literal)!docs', false],
    [':(attr:exclude)docs', ':(attr:exclude)docs', false],
  ])('%j is %j to git, excludes: %j', (written, git, excludes) => {
    expect(parsePathspec(written)).toMatchObject({ written, git, excludes });
  });

  test.each([
    '',
    '!',
    '../x',
    'a/../../x',
    '..',
    '/etc',
    '!../x',
    ':(glob)../x',
    ':!/etc/../..',
    '!:(glob)/x',
  ])('%j is a mistake that the error repeats', (written) => {
    let error: unknown;
    try {
      parsePathspec(written);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(InputError);
    expect(error).toMatchObject({ input: 'inputs', value: written });
  });
});
