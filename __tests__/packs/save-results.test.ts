import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { readdir, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { folderTransport } from '../../src/packs/transport/folder/folder-transport.js';
import { decodeIndex } from '../../src/packs/index/index-file.js';
import type { SaveRequest } from '../../src/packs/save-results.js';
import type { Transport } from '../../src/packs/transport/transport.js';
import { DAY, KEYS, PackWorld, MAIN, noise, NOW, PULL } from './pack-world.js';
import { numbersFrom } from './sample-index.js';
import { down, flipped, hang, SharedObjects } from './shared-objects.js';

let world: PackWorld;
let shared: SharedObjects;

beforeEach(async () => {
  world = await PackWorld.make();
  shared = new SharedObjects();
});
afterEach(() => world.dispose());

const LIMITS: SaveRequest['limits'] = { maxAge: 14 * DAY, quota: 1e9, rewriteBytes: 1e8 };

const files = (count: number, bytes: number) => Array.from({ length: count }, () => noise(bytes));
const packKeys = (ref = MAIN) => shared.keys.filter((key) => key.startsWith(KEYS.packPrefix(ref)));
const indexKeys = (ref = MAIN) => shared.keys.filter((key) => key.startsWith(KEYS.indexPrefix(ref)));
const lastIndex = () => decodeIndex(shared.content(indexKeys().sort().at(-1) ?? ''));

describe('a save', () => {
  test('costs what changed', async () => {
    const outputs = files(200, 10_000);
    await world.save(shared.transport(), [world.result('first', ...outputs)]);
    const changed = outputs.map((content, at) => (at % 20 === 0 ? noise(10_000) : content));
    const outcome = await world.save(shared.transport(), [world.result('second', ...changed)]);
    expect(outcome).toMatchObject({ results: 1, blobs: 10, moved: 0, gone: [] });
    expect(outcome.sent).toBeGreaterThan(100_000);
    expect(outcome.sent).toBeLessThan(130_000);
    expect(outcome.kept).toMatchObject({ results: 2, packs: 2 });
    for (const result of [world.result('first', ...outputs), world.result('second', ...changed)])
      expect(await world.read(shared.transport(), result)).toMatchObject({ result: 'hit', lost: [] });
  });

  test('of what another has saved sends the index alone', async () => {
    const result = world.result('same', ...files(20, 50_000));
    await world.save(shared.transport(), [result]);
    const again = await world.save(shared.transport(), [result]);
    expect([again.blobs, packKeys().length]).toEqual([0, 1]);
    expect(again.sent).toBeLessThan(5_000);
  });

  test('of what two build at the same time stores it once', async () => {
    shared = new SharedObjects(200);
    const result = world.result('same', ...files(20, 50_000));
    await Promise.all([1, 2, 3].map(() => world.save(shared.transport(), [result])));
    expect(packKeys()).toHaveLength(1);
  });

  test('leaves out what is damaged here, and says so', async () => {
    const [lost, kept] = [noise(1000), noise(1000)];
    const damaged = world.result('damaged', lost, kept);
    const sound = world.result('sound', kept);
    if (damaged.blobs[0] !== undefined) world.loseLocally(damaged.blobs[0]);
    const outcome = await world.save(shared.transport(), [damaged, sound]);
    expect(outcome.results).toBe(1);
    expect(outcome.unusable.map(({ reason }) => reason)).toEqual(['missing']);
    expect(await world.read(shared.transport(), sound)).toMatchObject({ result: 'hit' });
    expect(await world.read(shared.transport(), damaged)).toMatchObject({ result: 'miss' });
  });

  test.each([0, 300])('by eight at once, found after %d ms, loses nobody', async (delay) => {
    shared = new SharedObjects(delay);
    const results = Array.from({ length: 8 }, (_, at) => world.result(`job ${at}`, noise(1000)));
    await Promise.all(results.map((result) => world.save(shared.transport(), [result])));
    await new Promise((wake) => setTimeout(wake, delay));
    for (const result of results)
      expect(await world.read(shared.transport(), result)).toMatchObject({ result: 'hit' });
  });

  test('that ends last of a matrix keeps what the others wrote while it was slow', async () => {
    const slow = world.result('slow', noise(700_000));
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    const saving = world.save(
      shared.transport({ before: (call) => (call === 'store' ? released : undefined) }),
      [slow],
    );
    const others = Array.from({ length: 5 }, (_, at) => world.result(`quick ${at}`, noise(1000)));
    for (const other of others) await world.save(shared.transport(), [other]);
    release();
    await saving;
    for (const result of [slow, ...others])
      expect(await world.read(shared.transport(), result)).toMatchObject({ result: 'hit' });
  });

  test('in a folder loses nobody either', async () => {
    const place = () => folderTransport(world.path('kept'));
    const results = Array.from({ length: 8 }, (_, at) => world.result(`job ${at}`, noise(1000)));
    await Promise.all(results.map((result) => world.save(place(), [result])));
    for (const result of results) expect(await world.read(place(), result)).toMatchObject({ result: 'hit' });
    expect((await readdir(world.path('kept'))).filter((name) => name.startsWith('.'))).toEqual([]);
  });
});

describe('a tree', () => {
  test('keeps what names it in a pack apart, and is no result', async () => {
    const folders = files(3, 1_000);
    const { digest, blobs } = world.result('tree', ...folders, ...files(10, 100_000));
    const tree = { digest, result: null, blobs, apart: folders.length };
    const outcome = await world.save(shared.transport(), [tree, world.result('result', noise(10))]);
    expect(outcome).toMatchObject({ results: 1, kept: { results: 1, trees: 1, packs: 2 } });
    expect(await world.read(shared.transport(), tree)).toMatchObject({ result: 'miss' });
    const sizes = [...lastIndex().packs.values()].map(({ blobs: { length } }) => length).sort();
    expect(sizes).toEqual([folders.length + 1, 10].sort());
  });
});

describe('a pull request', () => {
  test("names the default branch's packs instead of sending them again, and writes nothing of its own there", async () => {
    const outputs = files(20, 100_000);
    await world.save(shared.transport(), [world.result('main', ...outputs)]);
    const pulled = world.result('pull', ...outputs.slice(1), noise(100_000));
    const outcome = await world.save(shared.transport(), [pulled], { under: PULL });
    expect(outcome.blobs).toBe(1);
    expect(outcome.sent).toBeLessThan(120_000);
    expect(packKeys(PULL)).toHaveLength(1);
    expect([packKeys().length, indexKeys().length]).toEqual([1, 1]);
    const refs = [MAIN, PULL];
    expect(await world.read(shared.transport(), pulled, { refs })).toMatchObject({ result: 'hit' });
    expect(await world.read(shared.transport(), pulled)).toMatchObject({ result: 'miss' });
  });

  test('saves as well where the default branch cannot be read', async () => {
    const pulled = world.result('pull', noise(1000));
    const before = (_: unknown, key: string) => (key === KEYS.indexPrefix(MAIN) ? down() : undefined);
    await world.save(shared.transport({ before }), [pulled], { under: PULL });
    expect(await world.read(shared.transport(), pulled, { refs: [PULL] })).toMatchObject({ result: 'hit' });
  });

  test("keeps its own copy of what the default branch's damaged pack had", async () => {
    const result = world.result('both', noise(1000));
    await world.save(shared.transport(), [result]);
    const [key = ''] = packKeys();
    shared.evict(key);
    const refs = [MAIN, PULL];
    const read = await world.read(shared.transport(), result, { refs }).catch((error: unknown) => error);
    expect(read).toMatchObject({ name: 'UnusableBlob' });
    const id = key.slice(KEYS.packPrefix(MAIN).length);
    await world.save(shared.transport(), [result], { under: PULL, lost: [id] });
    expect(await world.read(shared.transport(), result, { refs })).toMatchObject({ result: 'hit' });
  });
});

describe('a pack that could not be read', () => {
  const [oldOutput, output] = [noise(300_000), noise(200_000)];

  async function twoResultsInOnePack() {
    const old = world.result('old', oldOutput);
    const result = world.result('new', output);
    await world.save(shared.transport(), [old, result]);
    const [key = ''] = packKeys();
    return { old, result, key, id: key.slice(KEYS.packPrefix(MAIN).length) };
  }

  test.each([
    ['is gone', (key: string) => shared.evict(key), 1],
    ['is damaged', (key: string) => shared.put(key, flipped(shared.content(key))), 1],
    ['is cut short', (key: string) => shared.put(key, shared.content(key).subarray(0, 1000)), 1],
    ['was only damaged on its way', () => undefined, 0],
  ])(
    '%s: what is built again is saved again, and what else it held goes only if it is lost',
    async (_, harm, gone) => {
      const { old, result, key, id } = await twoResultsInOnePack();
      harm(key);
      const outcome = await world.save(shared.transport(), [result], { lost: [id] });
      expect(outcome.gone.map(({ why }) => why)).toEqual(gone === 1 ? ['lost'] : []);
      expect(outcome.blobs).toBe(gone);
      expect(await world.read(shared.transport(), result)).toMatchObject({ result: 'hit', lost: [] });
      expect((await world.read(shared.transport(), old)).result).toBe(gone === 1 ? 'miss' : 'hit');
    },
  );

  test('with the very same content as before is stored beside the damaged one', async () => {
    const result = world.result('same', oldOutput, output);
    await world.save(shared.transport(), [result]);
    const [key = ''] = packKeys();
    shared.put(key, flipped(shared.content(key)));
    const id = key.slice(KEYS.packPrefix(MAIN).length);
    const outcome = await world.save(shared.transport(), [result], { lost: [id] });
    expect(outcome.gone).toEqual([]);
    expect(packKeys()).toEqual([key, `${key}-2`]);
    expect(await world.read(shared.transport(), result)).toMatchObject({ result: 'hit' });
  });

  test('that this index does not know is nothing to it', async () => {
    const { result } = await twoResultsInOnePack();
    const calls = shared.calls.length;
    const outcome = await world.save(shared.transport(), [result], { lost: ['ab'.repeat(32)] });
    expect(outcome.gone).toEqual([]);
    expect(shared.calls.slice(calls).filter(([, key]) => key.includes('-pack-'))).toEqual([]);
  });
});

describe('age', () => {
  /** Who wrote it an hour from now had a fast clock. */
  test.each([-1, 0, 1])('by clocks that are %d h off: nothing goes that is fresh', async (hours) => {
    const result = world.result('one', noise(1000));
    await world.save(shared.transport(), [result], { now: NOW + hours * 3_600_000 });
    const limits = { ...LIMITS, maxAge: DAY };
    const fresh = await world.save(shared.transport(), [], { now: NOW, limits });
    expect(fresh.gone).toEqual([]);
    const soon = await world.save(shared.transport(), [], { now: NOW + DAY, limits });
    expect(soon.gone).toEqual([]);
    const later = await world.save(shared.transport(), [], { now: NOW + 2 * DAY, limits });
    expect(later.gone.map(({ why }) => why)).toEqual(['unused']);
  });

  test('starts anew with every use that was told', async () => {
    const [used, unused] = [world.result('used', noise(1000)), world.result('unused', noise(1000))];
    await world.save(shared.transport(), [used, unused]);
    const usedNow = [used.digest.hash];
    await world.save(shared.transport(), [], { now: NOW + 10 * DAY, used: usedNow });
    const outcome = await world.save(shared.transport(), [], { now: NOW + 20 * DAY });
    expect(outcome.gone.map(({ entry }) => entry.digest)).toEqual([unused.digest]);
    expect(await world.read(shared.transport(), used)).toMatchObject({ result: 'hit' });
    expect(lastIndex().entries.get(used.digest.hash)).toMatchObject({
      writtenAt: NOW,
      usedAt: NOW + 10 * DAY,
    });
  });
});

describe('a quota', () => {
  test('smaller than one result is told, and the others stay', async () => {
    const small = world.result('small', noise(1000));
    await world.save(shared.transport(), [small]);
    const large = world.result('large', noise(60_000));
    const outcome = await world.save(shared.transport(), [large], { limits: { ...LIMITS, quota: 50_000 } });
    expect(outcome.gone.map(({ entry, why }) => [entry.digest, why])).toEqual([
      [large.digest, 'larger-than-quota'],
    ]);
    expect(outcome.results).toBe(0);
    expect(packKeys()).toHaveLength(1);
    expect(await world.read(shared.transport(), small)).toMatchObject({ result: 'hit' });
  });

  test('keeps the newest', async () => {
    const results = Array.from({ length: 5 }, (_, at) => world.result(`run ${at}`, noise(20_000)));
    for (const [at, result] of results.entries()) {
      const limits = { ...LIMITS, quota: 50_000 };
      await world.save(shared.transport(), [result], { now: NOW + at * DAY, limits });
    }
    const readings = await Promise.all(results.map((result) => world.read(shared.transport(), result)));
    expect(readings.map(({ result }) => result)).toEqual(['miss', 'miss', 'miss', 'hit', 'hit']);
  });
});

describe('compaction', () => {
  const kept = () => world.path('kept');

  async function sizeOfFolder(): Promise<number> {
    const sizes = await Promise.all(
      (await readdir(kept())).map(async (name) => (await stat(join(kept(), name))).size),
    );
    return sizes.reduce((sum, size) => sum + size, 0);
  }

  /** As if the next run came a day later. */
  async function sleepADay(): Promise<void> {
    for (const name of await readdir(kept())) {
      const { mtimeMs } = await stat(join(kept(), name));
      await utimes(join(kept(), name), mtimeMs / 1000 - 86_400, mtimeMs / 1000 - 86_400);
    }
  }

  test('keeps dead space and the folder bounded over twelve runs of churn, and every hit right', async () => {
    let outputs = files(60, 10_000);
    const bytes = 600_000;
    const deadShares: number[] = [];
    const folderSizes: number[] = [];
    let moved = 0;
    const next = numbersFrom(1);
    for (let run = 0; run < 12; run += 1) {
      const result = world.result(`run ${run}`, ...outputs);
      const limits = { ...LIMITS, maxAge: 2 * DAY };
      const outcome = await world.save(folderTransport(kept()), [result], { now: NOW + run * DAY, limits });
      expect(await world.read(folderTransport(kept()), result)).toMatchObject({ result: 'hit', lost: [] });
      deadShares.push(outcome.kept.dead / outcome.kept.bytes);
      folderSizes.push(await sizeOfFolder());
      moved += outcome.moved;
      outputs = outputs.map((content) => (next() < 0.2 ? noise(10_000) : content));
      await sleepADay();
    }
    expect(Math.max(...deadShares)).toBeLessThan(0.32);
    expect(moved).toBeGreaterThan(0);
    // Two results beside the newest, of which a fifth is other content, and 30 % dead; and what the index before named.
    expect(Math.max(...folderSizes)).toBeLessThan(((bytes * 1.4) / 0.7) * 2);
  });

  /** Most of what is kept is dead. */
  async function mostlyDead(transport: Transport) {
    const [stays, goes] = [noise(100_000), noise(900_000)];
    await world.save(transport, [world.result('old', stays, goes)]);
    return world.result('new', stays);
  }

  const later: Partial<SaveRequest> = { now: NOW + 30 * DAY };

  test('moves what is needed out of a pack that is mostly dead', async () => {
    const result = await mostlyDead(shared.transport());
    const outcome = await world.save(shared.transport(), [result], later);
    expect(outcome.gone.map(({ why }) => why)).toEqual(['unused']);
    expect([outcome.moved >= 100_000, outcome.moved < 110_000]).toEqual([true, true]);
    const reading = await world.read(shared.transport(), result);
    expect(reading.result).toBe('hit');
    expect(reading.bytes).toBeLessThan(110_000);
  });

  test.each([
    ['is down', () => down(), {}],
    ['never comes', hang, { movingTime: 200 }],
  ])('leaves the packs as they are where one %s', async (_, fault, more) => {
    const result = await mostlyDead(shared.transport());
    const before = (call: string, key: string, signal: AbortSignal) =>
      call === 'fetch' && key.includes('-pack-') ? fault(signal) : undefined;
    const outcome = await world.save(shared.transport({ before }), [result], { ...later, ...more });
    expect([outcome.moved, outcome.results]).toEqual([0, 1]);
    expect(await world.read(shared.transport(), result)).toMatchObject({ result: 'hit' });
    // Even where the quota would have it.
    const limits = { ...LIMITS, quota: 200_000 };
    await world.save(shared.transport({ before }), [result], { ...later, ...more, limits });
    expect(await world.read(shared.transport(), result)).toMatchObject({ result: 'hit' });
  });

  test('of a pack that is damaged on its way loses nothing', async () => {
    const result = await mostlyDead(shared.transport());
    let left = 1;
    const spoil = (key: string, content: Buffer) =>
      key.includes('-pack-') && left-- > 0 ? flipped(content) : content;
    const outcome = await world.save(shared.transport({ spoil }), [result], later);
    expect(outcome.gone.map(({ why }) => why)).toEqual(['unused']);
    expect(await world.read(shared.transport(), result)).toMatchObject({ result: 'hit' });
  });

  test('of a pack that is gone forgets what needed it, and saves the rest', async () => {
    await mostlyDead(shared.transport());
    const other = world.result('other', noise(1000));
    const limits = { ...LIMITS, quota: 200_000 };
    for (const key of packKeys()) shared.evict(key);
    const outcome = await world.save(shared.transport(), [other], { ...later, limits });
    expect(outcome.results).toBe(1);
    expect(await world.read(shared.transport(), other)).toMatchObject({ result: 'hit' });
  });
});

describe('what is broken there', () => {
  test.each([
    ['garbage', Buffer.from('<html>')],
    ['empty', Buffer.alloc(0)],
  ])('an index that is %s: the save goes on from the one before it', async (_, content) => {
    const [first, second] = [world.result('first', noise(1000)), world.result('second', noise(1000))];
    await world.save(shared.transport(), [first]);
    shared.put(KEYS.index(MAIN, 2), content);
    await world.save(shared.transport(), [second]);
    for (const result of [first, second]) {
      const reading = await world.read(shared.transport(), result);
      expect(reading).toMatchObject({ result: 'hit', problems: [] });
    }
  });

  test('a place that is down fails the save, and what was kept is as it was', async () => {
    const first = world.result('first', noise(1000));
    await world.save(shared.transport(), [first]);
    const keys = shared.keys;
    const before = (call: string) => (call === 'store' ? down() : undefined);
    const saving = world.save(shared.transport({ before }), [world.result('second', noise(1000))]);
    await expect(saving).rejects.toMatchObject({ kind: 'failed' });
    expect(shared.keys).toEqual(keys);
  });

  test.each(['-pack-', '-index-'])(
    'a writer that is killed while it stores a %s: the next is on time',
    async (part) => {
      const first = world.result('first', noise(1000));
      await world.save(shared.transport(), [first]);
      const second = world.result('second', noise(1000));
      const reserved: string[] = [];
      const killer = new AbortController();
      const before = (call: string, key: string, signal: AbortSignal) => {
        if (call !== 'store' || !key.includes(part)) return undefined;
        shared.reserve(key);
        reserved.push(key);
        setImmediate(() => killer.abort());
        return hang(signal);
      };
      const killed = world.save(shared.transport({ before }), [second], {}, killer.signal);
      await expect(killed).rejects.toThrow();
      expect(reserved).toHaveLength(1);
      expect(await world.read(shared.transport(), first)).toMatchObject({ result: 'hit' });
      expect(await world.read(shared.transport(), second)).toMatchObject({ result: 'miss' });
      await world.save(shared.transport(), [second]);
      for (const result of [first, second])
        expect(await world.read(shared.transport(), result)).toMatchObject({ result: 'hit' });
    },
  );
});

describe('a folder on a full disk', () => {
  const canMount =
    process.getuid?.() === 0 &&
    spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0;
  if (!canMount) process.stderr.write('not root, or mounts are not allowed: a full disk is not tried\n');
  const testOnMount = canMount ? test : test.skip;
  let mounted: string | undefined;

  function mount(name: string, size: string): string {
    mounted = world.path(name);
    mkdirSync(mounted);
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', mounted]);
    return mounted;
  }

  afterEach(() => {
    if (mounted !== undefined) spawnSync('umount', ['-l', mounted]);
    mounted = undefined;
  });

  testOnMount('fails in one line, keeps what is there, and leaves no half of a file', async () => {
    const place = () => folderTransport(join(mounted ?? '', 'kept'));
    mount('full', '2m');
    const first = world.result('first', noise(100_000));
    await world.save(place(), [first]);
    const names = await readdir(join(mounted ?? '', 'kept'));
    await expect(world.save(place(), [world.result('second', noise(4_000_000))])).rejects.toMatchObject({
      kind: 'failed',
      message: expect.stringMatching(/^the folder .*could not store .*no space is left \(ENOSPC\)$/),
    });
    expect(await readdir(join(mounted ?? '', 'kept'))).toEqual(names);
    expect(await world.read(place(), first)).toMatchObject({ result: 'hit' });
    await world.save(place(), [world.result('third', noise(100_000))]);
  });

  testOnMount('of scratch: what is dead stays where it is, and what is new is saved', async () => {
    const [stays, goes] = [noise(1_500_000), noise(4_000_000)];
    await world.save(shared.transport(), [world.result('old', stays, goes)]);
    const place = await world.machine(shared.transport());
    const result = world.result('new', stays, noise(1000));
    const scratch = mount('scratch', '6m');
    const outcome = await world.save(shared.transport(), [result], {
      place: { ...place, scratch },
      now: NOW + 30 * DAY,
    });
    expect([outcome.results, outcome.moved]).toEqual([1, 0]);
    expect(await world.read(shared.transport(), result)).toMatchObject({ result: 'hit' });
  });
});
