import { existsSync } from 'node:fs';
import { access, constants, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Fault, messageOf } from '../errors.js';

/** Where things are in a cache folder. */
export interface CacheFolder {
  readonly root: string;
  /** casd's own storage: `cas`, `actioncache`, `assets`. */
  readonly storage: string;
  /** What belongs to the daemon that is running now: its state, log, socket and leases. */
  readonly run: string;
  readonly state: string;
  readonly log: string;
  /** Says that casd's own count of its bytes is right. */
  readonly counted: string;
  readonly leases: string;
  /** A folder for each build that is running, with its shim, its result and its output; casd's temporary files. */
  readonly work: string;
  /** Beside each result that we had casd store: what it was built under, and its checksum. */
  readonly seals: string;
  /** What was computed from files that may not have changed since. */
  readonly memory: string;
  /** What is still to be told to the cache between runs, and what is being fetched from it. */
  readonly packs: { readonly pending: string; readonly scratch: string };
  /** Its time says when the folder was last looked through for what nobody uses. */
  readonly expired: string;
  /** BuildBox, where the runner has no tool cache. */
  readonly tools: string;
}

export function cacheFolder(root: string): CacheFolder {
  const run = join(root, 'run');
  return {
    root,
    storage: join(root, 'casd'),
    run,
    state: join(run, 'casd.json'),
    log: join(run, 'casd.log'),
    counted: join(run, 'counted.json'),
    leases: join(run, 'leases'),
    work: join(run, 'work'),
    seals: join(root, 'seals'),
    memory: join(root, 'memory'),
    packs: { pending: join(root, 'kept', 'pending'), scratch: join(root, 'kept', 'scratch') },
    expired: join(run, 'expired'),
    tools: join(root, 'tools'),
  };
}

/** All that there is at most of a cache folder, without what casd keeps in its own folders. */
export function partsOf({
  root,
  storage,
  run,
  state,
  log,
  leases,
  work,
  memory,
  packs,
  expired,
  tools,
}: CacheFolder) {
  const ofCasd = ['cas', 'actioncache', 'assets'].map((name) => join(storage, name));
  const inside = [
    join(storage, 'cas', 'objects'),
    join(storage, 'cas', 'disk_usage'),
    join(run, 'casd.sock'),
  ];
  const ofPacks = [join(root, 'kept'), packs.pending, packs.scratch];
  return [
    root,
    storage,
    ...ofCasd,
    ...inside,
    run,
    state,
    log,
    leases,
    work,
    memory,
    ...ofPacks,
    expired,
    tools,
  ];
}

/**
 * Makes the cache folder, with nobody else's eyes on what belongs to its daemon.
 *
 * @throws Fault when it cannot be written
 */
export async function makeCacheFolder(folder: CacheFolder): Promise<void> {
  try {
    await makeFolder(folder.run);
    await access(folder.run, constants.W_OK);
  } catch (cause) {
    throw new Fault(`the cache folder ${folder.root} cannot be written: ${messageOf(cause)}`, {
      cause,
      remedy: 'Set `cache-dir` to a folder that the user of this job may write to, on a disk that has space.',
    });
  }
}

/** What Node makes together with its parents fails with ENOENT, whatever the reason: one after the other tells it. */
async function makeFolder(path: string): Promise<void> {
  if (existsSync(path)) return;
  await makeFolder(dirname(path));
  await mkdir(path, { recursive: true, mode: 0o700 }).catch(() => mkdir(path, { mode: 0o700 }));
}

/** How people know it. */
export function nameOf({ root }: CacheFolder): string {
  return `the cache folder ${root}`;
}
