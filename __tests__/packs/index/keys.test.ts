import { describe, expect, test } from '@jest/globals';
import { isObjectName } from '../../../src/packs/transport/folder/folder-store.js';
import { cacheKeys, sequenceOf, shortHash } from '../../../src/packs/index/keys.js';

const REF = { ref: 'refs/heads/main', event: null };
const ID = 'ab'.repeat(32);

describe('keys', () => {
  const keys = cacheKeys('CI / build');

  test('of indexes are in the order of their numbers', () => {
    const numbers = [1, 9, 10, 99, 12_345, 99_999_999];
    const made = numbers.map((number) => keys.index(REF, number));
    expect(made.toSorted()).toEqual(made);
    expect(made.map(sequenceOf)).toEqual(numbers);
    for (const key of made) expect(key.startsWith(keys.indexPrefix(REF))).toBe(true);
  });

  test('of packs name what is in them, and the attempt where it is not the first', () => {
    expect(keys.pack(REF, ID, 1)).toBe(keys.packPrefix(REF) + ID);
    expect(keys.pack(REF, ID, 2)).toBe(`${keys.packPrefix(REF)}${ID}-2`);
    expect(sequenceOf(keys.pack(REF, ID, 1))).toBeUndefined();
  });

  test.each([
    ['refs', cacheKeys('CI / build'), { ...REF, ref: 'refs/heads/main2' }],
    ['events of a ref', cacheKeys('CI / build'), { ...REF, event: 'pull_request_target' }],
    ['events of a ref and refs of that name', cacheKeys('CI / build'), { ...REF, ref: 'refs/heads/main#x' }],
    ['names', cacheKeys('CI / build2'), REF],
  ])('of two %s are never those of one another', (_, others, scope) => {
    const ours = [keys.indexPrefix(REF), keys.packPrefix(REF)];
    const theirs = [others.indexPrefix(scope), others.packPrefix(scope)];
    for (const prefix of ours) {
      for (const other of theirs) {
        expect(prefix.startsWith(other) || other.startsWith(prefix)).toBe(false);
      }
    }
  });

  test('of a ref with a # are not those that earlier versions wrote for an event of another', () => {
    const joined = shortHash('refs/heads/main#pull_request');
    expect(keys.indexPrefix({ ref: 'refs/heads/main', event: null })).toContain(shortHash('refs/heads/main'));
    for (const scope of [
      { ref: 'refs/heads/main#pull_request', event: null },
      { ref: 'refs/heads/main', event: 'pull_request' },
    ]) {
      expect(keys.indexPrefix(scope)).not.toContain(joined);
    }
  });

  test.each(['', 'a,b/../c\\ü', 'x'.repeat(512)])(
    'are names that every place takes, whatever is named: %j',
    (name) => {
      const { index, pack } = cacheKeys(name);
      const scope = { ref: `refs/heads/${name}`, event: null };
      for (const key of [index(scope, 1), pack(scope, ID, 9)]) {
        expect(isObjectName(key)).toBe(true);
        expect(key.length).toBeLessThan(256);
      }
    },
  );
});
