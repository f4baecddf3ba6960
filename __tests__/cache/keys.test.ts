import { describe, expect, test } from '@jest/globals';
import { isObjectName } from '../../src/cache/folder-store.js';
import { cacheKeys, sequenceOf } from '../../src/cache/keys.js';

const REF = 'refs/heads/main';
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
    ['refs', cacheKeys('CI / build'), 'refs/heads/main2'],
    ['events of a ref', cacheKeys('CI / build'), 'refs/heads/main#pull_request_target'],
    ['names', cacheKeys('CI / build2'), REF],
  ])('of two %s are never those of one another', (_, others, ref) => {
    const ours = [keys.indexPrefix(REF), keys.packPrefix(REF)];
    const theirs = [others.indexPrefix(ref), others.packPrefix(ref)];
    for (const prefix of ours) {
      for (const other of theirs) {
        expect(prefix.startsWith(other) || other.startsWith(prefix)).toBe(false);
      }
    }
  });

  test.each(['', 'a,b/../c\\ü', 'x'.repeat(512)])(
    'are names that every place takes, whatever is named: %j',
    (name) => {
      const { index, pack } = cacheKeys(name);
      for (const key of [index(`refs/heads/${name}`, 1), pack(`refs/heads/${name}`, ID, 9)]) {
        expect(isObjectName(key)).toBe(true);
        expect(key.length).toBeLessThan(256);
      }
    },
  );
});
