import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CacheIndex } from '../../src/packs/index/cache-index.js';
import { decodeIndex } from '../../src/packs/index/index-file.js';
import { cacheKeys } from '../../src/packs/index/keys.js';
import type { CacheService } from '../packs/cache-service.js';

/** What is kept, by its keys, as far as anybody can find it. */
export type KeptObjects = ReadonlyMap<string, Buffer>;

export async function objectsOf(service: CacheService): Promise<KeptObjects> {
  const finished = service.entries().filter((entry) => entry.finished);
  const read = finished.map(async ({ id, key }) => [key, objectIn(await service.content(id))] as const);
  return new Map(await Promise.all(read));
}

/** An archive is a tar of one file, whose header has its size. */
export function objectIn(archive: Buffer): Buffer {
  const size = parseInt(archive.toString('latin1', 124, 135), 8);
  return archive.subarray(512, 512 + size);
}

export function objectsIn(folder: string): KeptObjects {
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => !name.startsWith('.')) : [];
  return new Map(names.map((name) => [name, readFileSync(join(folder, name))]));
}

/** The newest index that a job called `CI / build` of a branch has written. @throws where what it names is not there as it should be */
export function newestIndex(objects: KeptObjects, ref = 'refs/heads/main'): CacheIndex {
  const prefix = cacheKeys('CI / build').indexPrefix({ ref, event: null });
  const keys = [...objects.keys()].filter((key) => key.startsWith(prefix)).sort();
  const index = decodeIndex(objects.get(keys.at(-1) ?? '') ?? Buffer.alloc(0));
  for (const { id, key } of index.packs.values()) {
    const content = objects.get(key);
    const hash = content && createHash('sha256').update(content).digest('hex');
    if (hash !== id) throw new Error(`the pack ${key} is not what the index says: ${hash ?? 'absent'}`);
  }
  return index;
}
