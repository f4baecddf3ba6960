import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type BuiltPack, buildPacks } from '../../../src/packs/pack/build-packs.js';
import { storePacks } from '../../../src/packs/pack/store-packs.js';
import type { Transport } from '../../../src/packs/transport/transport.js';
import { digestOf } from '../../../src/reapi/digest.js';
import { KEYS, PackWorld, MAIN, noise } from '../pack-world.js';
import { input, never } from '../pack-folder.js';
import { down, flipped, SharedObjects } from '../shared-objects.js';

let world: PackWorld;
let shared: SharedObjects;

beforeEach(async () => {
  world = await PackWorld.make();
  shared = new SharedObjects();
});
afterEach(() => world.dispose());

const keyOf = (id: string, attempt: number) => KEYS.pack(MAIN, id, attempt);

/** Packs of one blob each. */
async function built(count: number): Promise<readonly BuiltPack[]> {
  const { scratch } = await world.machine(shared.transport());
  const contents = new Map(
    Array.from({ length: count }, () => noise(600_000)).map((one) => [digestOf(one).hash, one]),
  );
  const digests = [...contents.values()].map(digestOf);
  const inputOf = ({ hash }: { hash: string }) => input(contents.get(hash) ?? Buffer.alloc(0));
  return buildPacks(
    digests.map((digest) => [digest]),
    new Set(contents.keys()),
    inputOf,
    scratch,
    never,
  );
}

async function store(
  packs: readonly BuiltPack[],
  {
    transport = shared.transport(),
    doubted = [] as readonly string[],
  }: { transport?: Transport; doubted?: readonly string[] } = {},
) {
  return storePacks(await world.machine(transport), keyOf, packs, new Set(doubted), never);
}

describe('packs', () => {
  test('are stored under what is in them', async () => {
    const packs = await built(5);
    const stored = await store(packs);
    expect(stored.packs.map(({ key }) => key).sort()).toEqual(
      packs.map(({ pack }) => keyOf(pack.id, 1)).sort(),
    );
    expect(stored.sent).toBe(packs.reduce((sum, { pack }) => sum + pack.bytes, 0));
  });

  test('that are there are not sent again', async () => {
    const packs = await built(2);
    await store(packs);
    const { sent } = shared;
    expect(await store(packs)).toMatchObject({ sent: 0 });
    expect(shared.sent).toBe(sent);
  });

  test('that are found only after a while are waited for', async () => {
    shared = new SharedObjects(500);
    const packs = await built(1);
    await store(packs);
    const again = await store(packs);
    expect([again.sent, again.packs[0]?.key]).toEqual([0, keyOf(packs[0]?.pack.id ?? '', 1)]);
  });

  test('whose key a killed writer has taken get another', async () => {
    const [first] = await built(1);
    if (first === undefined) throw new Error('no pack');
    shared.reserve(keyOf(first.pack.id, 1));
    const stored = await store([first]);
    expect(stored.packs[0]?.key).toBe(keyOf(first.pack.id, 2));
    expect(shared.content(keyOf(first.pack.id, 2)).equals(await readFile(first.file))).toBe(true);
  });

  test('whose answer was lost count as there', async () => {
    const packs = await built(1);
    const stored = await store(packs, { transport: shared.transport({ loseAnswer: () => true }) });
    expect(stored.packs[0]?.key).toBe(keyOf(packs[0]?.pack.id ?? '', 1));
    expect(shared.keys).toHaveLength(1);
  });

  test('that were damaged before are read before they are relied on', async () => {
    const packs = await built(2);
    const [bad = '', good = ''] = packs.map(({ pack }) => pack.id);
    await store(packs);
    shared.put(keyOf(bad, 1), flipped(shared.content(keyOf(bad, 1))));
    const stored = await store(packs, { doubted: [bad, good] });
    expect(new Map(stored.packs.map(({ id, key }) => [id, key]))).toEqual(
      new Map([
        [bad, keyOf(bad, 2)],
        [good, keyOf(good, 1)],
      ]),
    );
    // Both of its copies are damaged now.
    shared.put(keyOf(bad, 2), flipped(shared.content(keyOf(bad, 2))));
    const again = await store(packs, { doubted: [bad] });
    expect(again.packs.find(({ id }) => id === bad)?.key).toBe(keyOf(bad, 3));
  });

  test('fail with what the place says, and nothing is under way any more', async () => {
    const packs = await built(6);
    let calls = 0;
    const before = () => (++calls === 2 ? down() : undefined);
    await expect(store(packs, { transport: shared.transport({ before }) })).rejects.toMatchObject({
      kind: 'failed',
      message: 'the shared objects are down',
    });
    const after = shared.calls.length;
    await new Promise((wake) => setTimeout(wake, 20));
    expect(shared.calls).toHaveLength(after);
  });

  test('are given up on where every key is taken', async () => {
    const [first] = await built(1);
    const id = first?.pack.id ?? '';
    for (let attempt = 1; attempt <= 9; attempt += 1) shared.put(keyOf(id, attempt), Buffer.from('other'));
    await expect(store(first === undefined ? [] : [first], { doubted: [id] })).rejects.toMatchObject({
      kind: 'failed',
      message: expect.stringContaining('9 keys'),
    });
  });
});
