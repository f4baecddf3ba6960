import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { PackCache } from '../../src/packs/pack-cache.js';
import type { ScopeName } from '../../src/trust/cache-scopes.js';
import type { FreshEntry } from '../../src/packs/save-results.js';
import type { Transport } from '../../src/packs/transport/transport.js';
import { KEYS, PackWorld, MAIN, noise, PULL } from './pack-world.js';
import { never } from './pack-folder.js';
import { down, flipped, hang, SharedObjects, type TransportCall } from './shared-objects.js';

let world: PackWorld;
let shared: SharedObjects;

beforeEach(async () => {
  world = await PackWorld.make();
  shared = new SharedObjects();
});
afterEach(() => world.dispose());

const packKeys = (ref = MAIN) => shared.keys.filter((key) => key.startsWith(KEYS.packPrefix(ref)));
const fetched = () => shared.calls.filter(([call, key]) => call === 'fetch' && key.includes('-pack-')).length;

/** A cache, and the ids of the packs that it tells to be lost. */
async function open(transport: Transport = shared.transport(), refs: readonly ScopeName[] = [MAIN]) {
  const lost: string[] = [];
  const place = await world.machine(transport);
  return {
    lost,
    place,
    cache: new PackCache(
      place,
      refs,
      () => true,
      async (id) => void lost.push(id),
      never,
    ),
  };
}

async function readAll(cache: PackCache, { blobs }: FreshEntry, signal = never): Promise<number> {
  return (await cache.readBlobs(blobs, signal)).size;
}

/** Two results in two packs each, of which one blob is in both. */
async function saveTwo(): Promise<readonly [FreshEntry, FreshEntry]> {
  const common = noise(600_000);
  const results = [
    world.result('one', common, noise(600_000)),
    world.result('two', common, noise(600_000)),
  ] as const;
  for (const result of results) await world.save(shared.transport(), [result]);
  return results;
}

describe('a result', () => {
  test('is found, and only its own packs are fetched, each once', async () => {
    const [one, two] = await saveTwo();
    const { cache, lost } = await open();
    expect(await cache.find(one.digest.hash, never)).toMatchObject({ blobs: one.blobs });
    expect(fetched()).toBe(0);
    expect(await Promise.all([readAll(cache, one), readAll(cache, one)])).toEqual([2, 2]);
    expect(fetched()).toBe(1);
    expect(await readAll(cache, two)).toBe(2);
    expect([fetched(), lost]).toEqual([2, []]);
  });

  test('that was stored a moment ago is found by who read the index before', async () => {
    await saveTwo();
    const { cache } = await open();
    await cache.problems();
    const late = world.result('late', noise(1000));
    await world.save(shared.transport(), [late]);
    expect(await cache.find(late.digest.hash, never)).toMatchObject({ digest: late.digest });
  });

  test('of the default branch comes before that of our own', async () => {
    const result = world.result('same', noise(1000));
    await world.save(shared.transport(), [result], { under: PULL });
    await world.save(shared.transport(), [result]);
    const { cache } = await open(shared.transport(), [MAIN, PULL]);
    const found = await cache.find(result.digest.hash, never);
    expect(found?.scope).toEqual({ ...MAIN, tier: 'trusted' });
  });

  test('is none where nobody has it', async () => {
    await saveTwo();
    const { cache } = await open();
    expect(await cache.find('ab'.repeat(32), never)).toBeUndefined();
  });
});

describe('a pack that is not there', () => {
  test.each([
    ['gone', (key: string) => shared.evict(key)],
    ['damaged', (key: string) => shared.put(key, flipped(shared.content(key)))],
    ['cut short', (key: string) => shared.put(key, shared.content(key).subarray(0, 100))],
    ['empty', (key: string) => shared.put(key, Buffer.alloc(0))],
  ])('or is %s is told once, and what needs it is not found any more', async (_, harm) => {
    const [one] = await saveTwo();
    const [key = ''] = packKeys();
    harm(key);
    const { cache, lost } = await open();
    const readings = await Promise.allSettled([readAll(cache, one), readAll(cache, one)]);
    for (const reading of readings)
      expect(reading).toMatchObject({ reason: { name: 'UnusableBlob', reason: 'missing' } });
    expect(lost).toEqual([key.slice(KEYS.packPrefix(MAIN).length)]);
    expect(await cache.find(one.digest.hash, never)).toBeUndefined();
  });

  test.each([
    ['gone', (key: string) => shared.evict(key), 'is not there'],
    [
      'larger than the index says',
      (key: string) => shared.put(key, Buffer.concat([shared.content(key), Buffer.alloc(1)])),
      'is damaged: it has more than \\d+ bytes',
    ],
  ])('or is %s: whoever needs it is told why', async (_, harm, why) => {
    const [one] = await saveTwo();
    const [key = ''] = packKeys();
    harm(key);
    const { cache, lost } = await open();
    const told = new RegExp(`^blob \\w+/\\d+ is missing: the pack \\w+ ${why}$`);
    await expect(readAll(cache, one)).rejects.toThrow(told);
    expect(lost).toHaveLength(1);
  });

  test('is made up for by another that has the same blobs', async () => {
    const shares = [noise(1000), noise(600_000)] as const;
    const result = world.result('both', ...shares);
    await world.save(shared.transport(), [result], { under: PULL, readable: [] });
    await world.save(shared.transport(), [world.result('other', ...shares, noise(600_000))]);
    const tolds: string[] = [];
    for (const key of [...packKeys(MAIN), ...packKeys(PULL)]) {
      const content = shared.content(key);
      shared.put(key, flipped(content));
      const { cache, lost } = await open(shared.transport(), [MAIN, PULL]);
      expect(await readAll(cache, result)).toBe(2);
      tolds.push(...lost);
      shared.put(key, content);
    }
    // One of the two was chosen, whichever, and the other time it was sound.
    expect(tolds).toHaveLength(1);
  });

  test("makes way for our own ref's result", async () => {
    const theirs = world.result('same', noise(1000));
    await world.save(shared.transport(), [theirs]);
    const ours = world.result('same', noise(2000));
    await world.save(shared.transport(), [ours], { under: PULL });
    shared.evict(packKeys()[0] ?? '');
    const { cache } = await open(shared.transport(), [MAIN, PULL]);
    await expect(readAll(cache, theirs)).rejects.toMatchObject({ name: 'UnusableBlob' });
    expect(cache.lostPacks).toBe(1);
    expect(await cache.find(ours.digest.hash, never)).toMatchObject({ blobs: ours.blobs });
    expect(await readAll(cache, ours)).toBe(1);
  });

  test('shows where nothing is read but only confirmed', async () => {
    const [one, two] = await saveTwo();
    const { cache, lost } = await open();
    await cache.checkComplete(two.blobs, never);
    expect(fetched()).toBe(0);
    shared.evict(packKeys()[0] ?? '');
    await expect(cache.checkComplete(one.blobs, never)).rejects.toMatchObject({ name: 'UnusableBlob' });
    expect(lost).toHaveLength(1);
  });
});

describe('a place', () => {
  const failing = (call: TransportCall, fault: (signal: AbortSignal) => Promise<never> | never) =>
    shared.transport({ before: (what, _, signal) => (what === call ? fault(signal) : undefined) });

  test('that is down from the beginning fails whoever looks something up, and nobody else', async () => {
    const { cache } = await open(failing('fetchNewest', down));
    await new Promise((wake) => setTimeout(wake, 10));
    await expect(cache.find('ab'.repeat(32), never)).rejects.toMatchObject({ kind: 'failed' });
    await expect(cache.problems()).rejects.toMatchObject({ kind: 'failed' });
  });

  test('that does not give a pack: the pack is looked at again before a save relies on it', async () => {
    const [one] = await saveTwo();
    const { cache, lost } = await open(failing('fetch', down));
    await expect(readAll(cache, one)).rejects.toMatchObject({ kind: 'failed' });
    expect(lost).toEqual([packKeys()[0]?.slice(KEYS.packPrefix(MAIN).length)]);
    expect(cache.lostPacks).toBe(0);
  });

  test('that hangs is waited for no longer than the signal says, and no pack is blamed', async () => {
    const [one] = await saveTwo();
    const { cache, lost } = await open(failing('fetch', hang));
    await expect(readAll(cache, one, AbortSignal.timeout(50))).rejects.toThrow();
    expect(lost).toEqual([]);
  });

  test('that tells of a damaged index has it told', async () => {
    const [one] = await saveTwo();
    shared.put(KEYS.index(MAIN, 3), Buffer.from('x'));
    const { cache } = await open();
    expect(await cache.find(one.digest.hash, never)).toBeDefined();
    expect(await cache.problems()).toEqual([expect.stringContaining('does not begin like one')]);
  });
});

test('what was moved is counted', async () => {
  const [one] = await saveTwo();
  const { cache } = await open();
  await cache.find(one.digest.hash, never);
  const index = shared.content(KEYS.index(MAIN, 2)).length;
  expect(cache.bytes).toBe(index);
  await readAll(cache, one);
  expect(cache.bytes).toBe(index + shared.content(packKeys()[0] ?? '').length);
});
