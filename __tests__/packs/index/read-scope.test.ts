import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CacheIndex } from '../../../src/packs/index/cache-index.js';
import { folderTransport } from '../../../src/packs/transport/folder/folder-transport.js';
import { encodeIndex } from '../../../src/packs/index/index-file.js';
import {
  type IndexPlace,
  readLater,
  readNewest,
  type ScopeIndex,
} from '../../../src/packs/index/read-scope.js';
import type { Transport } from '../../../src/packs/transport/transport.js';
import { KEYS, PackWorld, MAIN } from '../pack-world.js';
import { never } from '../pack-folder.js';
import { blob, entry, indexOf, pack } from '../sample-index.js';
import { down, flipped, SharedObjects } from '../shared-objects.js';

let world: PackWorld;
let shared: SharedObjects;

beforeEach(async () => {
  world = await PackWorld.make();
  shared = new SharedObjects();
});
afterEach(() => world.dispose());

/** An index of results of these names. */
function naming(names: readonly string[], unresolved: readonly number[] = []): CacheIndex {
  const blobs = names.map((name) => blob(name));
  return indexOf(
    names.map((name, at) => pack(name, blobs.slice(at, at + 1))),
    names.map((name, at) => entry(name, blobs.slice(at, at + 1))),
    unresolved,
  );
}

function put(sequence: number, index: CacheIndex | Buffer): void {
  shared.put(KEYS.index(MAIN, sequence), Buffer.isBuffer(index) ? index : encodeIndex(index));
}

function namesIn({ index }: ScopeIndex): string[] {
  return [...index.entries.values()].map(({ result }) => String(result).replace('result of ', '')).sort();
}

async function newest(transport: Transport = shared.transport()): Promise<[IndexPlace, ScopeIndex]> {
  const place = await world.machine(transport);
  return [place, await readNewest(place, MAIN, never)];
}

const NEWER = (() => {
  const line = 'buildbox-action index 2 ';
  return Buffer.from(`${line}${'0'.repeat(64)}\n`);
})();

describe('the newest index', () => {
  test('is read, with what it took', async () => {
    put(1, naming(['old']));
    put(2, naming(['old', 'new']));
    const [, scope] = await newest();
    expect(namesIn(scope)).toEqual(['new', 'old']);
    expect(scope).toMatchObject({ sequence: 2, problems: [], newerWriter: false });
    expect(scope.bytes).toBe(shared.content(KEYS.index(MAIN, 2)).length);
  });

  test('is none where nobody wrote', async () => {
    const [, scope] = await newest();
    expect(scope).toMatchObject({ sequence: 0, problems: [], bytes: 0 });
  });

  test.each([
    ['garbage', () => Buffer.from('<html>sorry</html>')],
    ['empty', () => Buffer.alloc(0)],
    ['flipped', () => flipped(encodeIndex(naming(['a', 'b'])))],
    ['truncated', () => encodeIndex(naming(['a', 'b'])).subarray(0, 200)],
    ['of a newer format, without its hash', () => NEWER],
  ])('that is %s gives way to the one before it, and its number is not used again', async (_, content) => {
    put(1, naming(['a']));
    put(2, content());
    const [, scope] = await newest();
    expect(namesIn(scope)).toEqual(['a']);
    expect(scope.sequence).toBe(2);
    expect(scope.problems).toEqual([expect.stringContaining(KEYS.index(MAIN, 2))]);
  });

  test('that is larger than any can be gives way too', async () => {
    const transport = folderTransport(world.path('objects'));
    for (const [sequence, index] of [naming(['a']), naming(['a', 'b'])].entries()) {
      await writeFile(world.path('file'), encodeIndex(index));
      await transport.store(KEYS.index(MAIN, sequence + 1), world.path('file'), never);
    }
    await truncate(join(world.path('objects'), KEYS.index(MAIN, 2)), 2 ** 42);
    const [, scope] = await newest(transport);
    expect([namesIn(scope), scope.sequence]).toEqual([['a'], 2]);
    expect(scope.problems).toEqual([
      expect.stringMatching(/-00000002: the index is damaged: it has more than \d+ bytes$/),
    ]);
  });

  test('where all are damaged, there is none, and all of it is told', async () => {
    for (const sequence of [4, 5, 6, 7, 8]) put(sequence, Buffer.from('x'));
    const [, scope] = await newest();
    expect([namesIn(scope), scope.sequence]).toEqual([[], 8]);
    expect(scope.problems).toHaveLength(4);
  });

  test('that was damaged on its way is fetched again, and nothing of it is lost', async () => {
    put(1, naming(['a']));
    put(2, naming(['a', 'b']));
    let left = 1;
    const spoil = (_: string, content: Buffer) => (left-- > 0 ? flipped(content) : content);
    const [, scope] = await newest(shared.transport({ spoil }));
    expect(namesIn(scope)).toEqual(['a', 'b']);
    expect(scope.problems).toEqual([]);
  });

  test('fails where the place is down', async () => {
    await expect(newest(shared.transport({ before: down }))).rejects.toMatchObject({ kind: 'failed' });
  });
});

describe('what others wrote since', () => {
  test('is followed, number by number', async () => {
    put(1, naming(['a']));
    const [place, scope] = await newest();
    put(2, naming(['a', 'b']));
    put(3, naming(['a', 'b', 'c']));
    put(5, naming(['beyond a gap']));
    const later = await readLater(place, scope, never);
    expect([namesIn(later), later.sequence]).toEqual([['a', 'b', 'c'], 3]);
  });

  test('is merged where its writer had not seen what we have', async () => {
    put(1, naming(['a']));
    const [place, scope] = await newest();
    put(2, naming(['b'], [1]));
    expect(namesIn(await readLater(place, scope, never))).toEqual(['a', 'b']);
  });

  test('is looked for until it is there', async () => {
    put(3, naming(['c'], [2]));
    const [place, scope] = await newest();
    const early = await readLater(place, scope, never);
    expect([namesIn(early), early.index.unresolved]).toEqual([['c'], [2]]);
    put(2, naming(['b']));
    const later = await readLater(place, scope, never);
    expect([namesIn(later), later.index.unresolved, later.sequence]).toEqual([['b', 'c'], [], 3]);
  });

  test('is given up after a while where it never comes', async () => {
    put(66, naming(['a'], [1, 2, 3]));
    const [place, scope] = await newest();
    expect((await readLater(place, scope, never)).index.unresolved).toEqual([3]);
  });

  test('that is damaged is passed over', async () => {
    put(1, naming(['a']));
    const [place, scope] = await newest();
    put(2, Buffer.from('x'));
    put(3, naming(['a', 'c']));
    const later = await readLater(place, scope, never);
    expect(namesIn(later)).toEqual(['a', 'c']);
    expect(later.problems).toHaveLength(1);
  });

  test('in another ref is none of it', async () => {
    put(1, naming(['a']));
    const [place, scope] = await newest();
    shared.put(KEYS.index({ ref: 'refs/heads/other', event: null }, 2), encodeIndex(naming(['other'])));
    expect(namesIn(await readLater(place, scope, never))).toEqual(['a']);
  });
});
