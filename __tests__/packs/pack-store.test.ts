import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { PackCache } from '../../src/packs/pack-cache.js';
import { packStore } from '../../src/packs/pack-store.js';
import { readBlob } from '../../src/cas/read.js';
import { UnusableResult } from '../../src/cas/unusable-result.js';
import { PackWorld, MAIN, noise } from './pack-world.js';
import { never } from './pack-folder.js';
import { SharedObjects } from './shared-objects.js';

let world: PackWorld;
beforeEach(async () => {
  world = await PackWorld.make();
});
afterEach(() => world.dispose());

test('an entry that is no ActionResult is not usable, and a blob of any size is not read into memory', async () => {
  const shared = new SharedObjects();
  const result = { ...world.result('garbage', noise(100)), result: Buffer.alloc(20, 0xff) };
  await world.save(shared.transport(), [result]);
  const used: unknown[] = [];
  const cache = new PackCache(
    await world.machine(shared.transport()),
    [MAIN],
    () => true,
    () => Promise.resolve(),
    never,
  );
  const source = packStore(cache, 'octo/project', async (entry) => void used.push(entry));
  await expect(source.entry(result.digest, never)).rejects.toThrow(UnusableResult);
  expect(used).toEqual([]);
  const huge = { ...result.digest, sizeBytes: 1e12 };
  await expect(readBlob(source, huge, never)).rejects.toThrow(UnusableResult);
});
