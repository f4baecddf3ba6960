import { PackCache } from '../../src/packs/pack-cache.js';
import { packStore } from '../../src/packs/pack-store.js';
import type { Store } from '../../src/cas/store.js';
import { objectPath } from '../../src/local/layout.js';
import { localStore } from '../../src/local/local-store.js';
import { sealResult } from '../../src/local/seals.js';
import { ActionResult } from '../../src/gen/build/bazel/remote/execution/v2/remote_execution.js';
import { digestOf, type Digest } from '../../src/reapi/digest.js';
import { untold } from '../../src/remote/transfer/progress.js';
import { remoteStore } from '../../src/remote/remote-store.js';
import { PackWorld, MAIN } from '../packs/pack-world.js';
import { never } from '../packs/pack-folder.js';
import { SharedObjects } from '../packs/shared-objects.js';
import { StoredFolder } from '../local/stored-folder.js';
import { connectTo } from '../remote/connected.js';
import { MapServer } from '../remote/map-server.js';
import { MemoryStore } from './memory-store.js';

/** What a store is to hold. */
export interface Contents {
  readonly action: Digest;
  readonly result: ActionResult;
  readonly blobs: readonly Buffer[];
  /** By the hash of a blob, what lies in its place. */
  readonly lies: ReadonlyMap<string, Buffer>;
}

/** A store that holds something, with all that it stands on. */
export interface Shelf {
  readonly store: Store;
  dispose(): Promise<void> | void;
}

/** Every kind of store. */
export const SHELVES: Readonly<Record<string, (contents: Contents) => Promise<Shelf>>> = {
  memory: memoryShelf,
  local: localShelf,
  pack: packShelf,
  remote: remoteShelf,
};

function memoryShelf({ action, result, blobs, lies }: Contents): Promise<Shelf> {
  const store = new MemoryStore();
  store.entries.set(action.hash, { result, origin: null });
  for (const blob of blobs) {
    const { hash } = digestOf(blob);
    store.blobs.set(hash, lies.get(hash) ?? blob);
  }
  return Promise.resolve({ store, dispose: () => undefined });
}

async function localShelf({ action, result, blobs, lies }: Contents): Promise<Shelf> {
  const stored = new StoredFolder();
  for (const blob of blobs) stored.blob(blob);
  for (const [hash, lie] of lies) stored.put(objectPath({ hash, sizeBytes: lie.length }), lie);
  stored.result(action, result);
  const origin = { ref: 'refs/heads/main', event: null, tier: 'trusted', repository: null } as const;
  await sealResult(stored.folder, action, result, origin);
  return { store: localStore(stored.folder), dispose: () => stored[Symbol.dispose]() };
}

async function packShelf({ action, result, blobs, lies }: Contents): Promise<Shelf> {
  const world = await PackWorld.make();
  const transport = new SharedObjects().transport();
  const entry = { ...world.result('any', ...blobs), digest: action };
  // Nobody can put a lie into a pack: what is damaged there is a pack, which is as good as gone.
  const sound = entry.blobs.filter(({ hash }) => !lies.has(hash));
  const encoded = Buffer.from(ActionResult.encode(result).finish());
  await world.save(transport, [{ ...entry, result: encoded, blobs: sound }]);
  const forget = () => Promise.resolve();
  const cache = new PackCache(await world.machine(transport), [MAIN], () => true, forget, never);
  return { store: packStore(cache, null, forget), dispose: () => world.dispose() };
}

async function remoteShelf({ action, result, blobs, lies }: Contents): Promise<Shelf> {
  const server = new MapServer();
  await server.start();
  for (const blob of blobs) server.add(blob);
  for (const [hash, lie] of lies) server.blobs.set(hash, lie);
  server.results.set(action.hash, result);
  const { cas, actionCache, close } = connectTo(server.address);
  const services = Promise.resolve({ cas, actionCache, updateEnabled: true });
  return {
    store: remoteStore({ actionCache, services }, untold(), () => undefined),
    dispose: () => {
      close();
      server.stop();
    },
  };
}
