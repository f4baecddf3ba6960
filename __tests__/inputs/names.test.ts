import { describe, expect, test } from '@jest/globals';
import {
  isGitOwned,
  isWithin,
  joinNames,
  parentOf,
  pathOf,
  pathspecFor,
  rawName,
  shownName,
  textOf,
  type RawName,
} from '../../src/inputs/names.js';

const broken = 'caf\xe9.txt' as RawName; // One byte a character: latin1, not UTF-8.

describe('a raw name', () => {
  test.each(['plain.c', 'café', 'cafe\u0301', '日本/😀', 'new\nline', 'back\\slash'])('holds %j', (text) => {
    const name = rawName(text);
    expect(textOf(name)).toBe(text);
    expect(shownName(name)).toBe(text);
    expect(Buffer.from(pathOf('/ünder', name))).toEqual(Buffer.from(`/ünder/${text}`));
  });

  test('that is not UTF-8 has no text, and is shown with its bytes', () => {
    expect(textOf(broken)).toBeUndefined();
    expect(shownName(broken)).toBe('caf\\xe9.txt');
    expect(pathOf('/', broken)).toEqual(Buffer.from('//caf\xe9.txt', 'latin1'));
    expect(pathOf('/folder', rawName(''))).toBe('/folder');
  });

  test('sorts by the bytes of UTF-8, where JavaScript sorts surrogates first', () => {
    const names = ['\u{1f600}', '\uff5e'];
    expect([...names].sort()).toEqual(['\u{1f600}', '\uff5e']);
    expect(names.map(rawName).sort().map(textOf)).toEqual(['\uff5e', '\u{1f600}']);
  });

  test.each([
    [broken, 'caf?.txt'],
    [rawName('a*b[c].txt'), 'a?b?c].txt'],
    [rawName('a\\b\n'), 'a?b?'],
  ])('%j is selected by the pathspec %j', (name, pathspec) => {
    expect(pathspecFor(name)).toBe(pathspec);
  });
});

test.each([
  ['a/b', 'a', true],
  ['a', 'a', true],
  ['ab', 'a', false],
  ['a', 'a/b', false],
  ['a', '', true],
])('%j lies within %j: %j', (name, folder, expected) => {
  expect(isWithin(rawName(name), rawName(folder))).toBe(expected);
});

test.each([
  ['.git', true],
  ['.git/config', true],
  ['a/.git', true],
  ['a/.GIT/config', true],
  ['.gitignore', false],
  ['a.git/config', false],
  ['x.git', false],
  ['.github/workflows/ci.yml', false],
])('%j belongs to git: %j', (name, expected) => {
  expect(isGitOwned(rawName(name))).toBe(expected);
});

test.each([
  ['a', 'b', 'a/b'],
  ['', 'b', 'b'],
  ['a', '', 'a'],
])('%j and %j join to %j', (folder, name, expected) => {
  expect(joinNames(rawName(folder), rawName(name))).toBe(expected);
});

test.each([
  ['a/b/c', 'a/b'],
  ['a', ''],
])('the parent of %j is %j', (name, expected) => {
  expect(parentOf(rawName(name))).toBe(expected);
});
