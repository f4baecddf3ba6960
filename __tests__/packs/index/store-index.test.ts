import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { CacheIndex } from '../../../src/packs/index/cache-index.js';
import { decodeIndex, encodeIndex } from '../../../src/packs/index/index-file.js';
import { readLater, readNewest } from '../../../src/packs/index/read-scope.js';
import { type StoredIndex, storeIndex } from '../../../src/packs/index/store-index.js';
import type { Transport } from '../../../src/packs/transport/transport.js';
import { KEYS, PackWorld, MAIN } from '../pack-world.js';
import { never } from '../pack-folder.js';
import { blob, entry, indexOf, pack } from '../sample-index.js';
import { down, SharedObjects } from '../shared-objects.js';

let world: PackWorld;
let shared: SharedObjects;

beforeEach(async () => {
  world = await PackWorld.make();
  shared = new SharedObjects();
});
afterEach(() => world.dispose());

const naming = (...names: readonly string[]): CacheIndex =>
  indexOf(
    names.map((name) => pack(name, [blob(name)])),
    names.map((name) => entry(name, [blob(name)])),
  );

const namesIn = ({ entries }: CacheIndex) =>
  [...entries.values()].map(({ result }) => String(result).replace('result of ', '')).sort();

const key = (sequence: number) => KEYS.index(MAIN, sequence);

async function store(
  index: CacheIndex,
  after = 0,
  transport: Transport = shared.transport(),
): Promise<StoredIndex> {
  return storeIndex(await world.machine(transport), MAIN, after, index, never);
}

/** What a reader finds who looks for everything. */
async function everything(): Promise<string[]> {
  const place = await world.machine(shared.transport());
  return namesIn((await readLater(place, await readNewest(place, MAIN, never), never)).index);
}

describe('an index', () => {
  test('gets the next number', async () => {
    expect(await store(naming('a'), 7)).toMatchObject({ sequence: 8 });
    expect(shared.keys).toEqual([key(8)]);
  });

  test('takes up what another stored under its number', async () => {
    await store(naming('theirs'));
    const { index, sequence } = await store(naming('ours'));
    expect([namesIn(index), sequence]).toEqual([['ours', 'theirs'], 2]);
    expect(namesIn(decodeIndex(shared.content(key(2))))).toEqual(['ours', 'theirs']);
  });

  test.each([0, 400])('of eight writers at once, found after %d ms: nobody is lost', async (delay) => {
    shared = new SharedObjects(delay);
    const names = Array.from({ length: 8 }, (_, at) => `writer ${at}`);
    const stored = await Promise.all(names.map(async (name) => store(naming(name))));
    expect(stored.map(({ sequence }) => sequence).sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    await new Promise((wake) => setTimeout(wake, delay));
    expect(await everything()).toEqual(names);
  });

  test('whose answer was lost is not stored again', async () => {
    const { sequence } = await store(naming('a'), 0, shared.transport({ loseAnswer: () => true }));
    expect(sequence).toBe(1);
    expect(shared.keys).toEqual([key(1)]);
  });

  test('passes over the number of a writer who was killed, and over what is damaged', async () => {
    shared.reserve(key(1));
    shared.put(key(2), Buffer.from('x'));
    const { index, sequence } = await store(naming('a'));
    expect([sequence, index.unresolved]).toEqual([3, [1]]);
    expect(await everything()).toEqual(['a']);
    // It was only slow.
    shared.put(key(1), encodeIndex(naming('late')));
    expect(await everything()).toEqual(['a', 'late']);
  });

  test('that somebody could not read and another could is read', async () => {
    shared.put(key(1), encodeIndex(naming('first')));
    shared.put(key(2), encodeIndex({ ...naming('second'), unresolved: [1] }));
    // We have read the first; who wrote the second has not.
    const ours = await store(naming('first', 'ours'), 1);
    expect([namesIn(ours.index), ours.index.unresolved]).toEqual([['first', 'ours', 'second'], []]);
    // The other way around.
    const place = await world.machine(shared.transport());
    const theirs = await storeIndex(place, MAIN, 2, { ...naming('third'), unresolved: [1] }, never);
    expect([namesIn(theirs.index), theirs.index.unresolved]).toEqual([
      ['first', 'ours', 'second', 'third'],
      [],
    ]);
  });

  test('is not stored over that of a newer version', async () => {
    const body = gzipSync('{}');
    const hash = createHash('sha256').update('buildbox-action index 3\n').update(body).digest('hex');
    shared.put(key(1), Buffer.concat([Buffer.from(`buildbox-action index 3 ${hash}\n`), body]));
    await expect(store(naming('a'))).rejects.toMatchObject({
      kind: 'denied',
      message: expect.stringContaining('a newer version of buildbox-action'),
    });
    expect(shared.keys).toEqual([key(1)]);
  });

  test('fails where the place is down, and leaves no file', async () => {
    const place = await world.machine(shared.transport({ before: down }));
    await expect(storeIndex(place, MAIN, 0, naming('a'), never)).rejects.toMatchObject({ kind: 'failed' });
    expect(await readdir(place.scratch)).toEqual([]);
  });

  test('waits for no one longer than its signal', async () => {
    shared.reserve(key(1));
    const place = await world.machine(shared.transport());
    const abort = new AbortController();
    const storing = storeIndex(place, MAIN, 0, naming('a'), abort.signal);
    setTimeout(() => abort.abort(new Error('enough')), 50);
    await expect(storing).rejects.toThrow();
    expect(shared.keys).toEqual([]);
  });
});
