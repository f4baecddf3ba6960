import { describe, expect, test } from '@jest/globals';
import { readRules } from '../../src/inputs/makefile-rules.js';
import { findProducts, type ProductSearch } from '../../src/inputs/products.js';

function found(files: string, more: Partial<ProductSearch> = {}): string[] {
  const search = {
    files: new Map(files.split(' ').map((path) => [path, ''])),
    untracked: new Set<string>(),
    rules: [],
    folder: '.',
    believed: [],
    unchanged: [],
    changed: new Set<string>(),
    ...more,
  };
  return findProducts(search).map(({ path, why }) => `${path} ${why}`);
}

describe('products among the inputs are', () => {
  test.each([
    ['an object beside its source', 'src/a.c src/a.o', ['src/a.o looks']],
    ['a class beside its source', 'A.java A.class A$B.class', ['A.class looks', 'A$B.class looks']],
  ])('%s', (_, files, products) => expect(found(files)).toEqual(products));

  test('a compiled file that git does not track', () => {
    expect(found('a.o', { untracked: new Set(['a.o']) })).toEqual(['a.o looks']);
  });

  test('an untracked library beside a Makefile, and not one that was installed somewhere', () => {
    const untracked = new Set(['lib/libx.so.1.2', 'vendor/y/z.so']);
    const files = 'lib/libx.so.1.2 lib/Makefile vendor/y/z.so';
    expect(found(files, { untracked })).toEqual(['lib/libx.so.1.2 looks']);
  });

  test('a target of the Makefile that is made of an input', () => {
    const rules = readRules('x: x.in\ny: made\nz:\nmade: x\n.PHONY: docs\ndocs: x.in');
    expect(found('x x.in y z docs', { rules })).toEqual(['x target']);
    expect(found('sub/x sub/x.in x', { rules, folder: 'sub' })).toEqual(['sub/x target']);
  });

  test('bytecode that its source is not held against', () => {
    expect(found('m.py m.pyc', { believed: ['m.pyc'] })).toEqual(['m.pyc bytecode']);
  });

  test('a declared output that the build left as it was', () => {
    expect(found('x', { unchanged: ['x'] })).toEqual(['x output']);
  });
});

describe('no products are', () => {
  test.each([
    [
      'samples for tests, which have no source beside them',
      'tests/data/elf.o tests/lib.a tests/A.class x.so',
    ],
    ['sources', 'a.c a.h b.rs Makefile libs.sh so a.o.txt'],
    ['names of Object.prototype', 'constructor toString a.constructor'],
  ])('%s', (_, files) => expect(found(files)).toEqual([]));

  test.each([
    'package-lock.json',
    'Cargo.lock',
    'web/yarn.lock',
    'pnpm-lock.yaml',
    'go.sum',
    'gradle.lockfile',
  ])('lock files that are kept up to date in place: %s', (path) =>
    expect(found(path, { unchanged: [path] })).toEqual([]),
  );

  test('outputs that the build wrote anew, for which it cannot have been misled', () => {
    const rules = readRules('x: x.in');
    expect(found('x x.in', { rules, changed: new Set(['x']) })).toEqual([]);
  });
});
