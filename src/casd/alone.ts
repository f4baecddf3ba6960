import { existsSync } from 'node:fs';
import type { CacheFolder } from '../local/folder.js';
import { type Lease, liveLeases } from './leases.js';
import { lockFolder } from './lock.js';
import { stopAndClean } from './share.js';
import { servingCasds } from './serving.js';

/** Somebody uses the casd of the folder. */
export interface InUse {
  readonly users: readonly Lease[];
}

/**
 * Does something to casd's folder while no casd runs there and none can start. A daemon that nobody uses any more is
 * stopped for it.
 */
export async function whileAlone<T>(
  folder: CacheFolder,
  searchPath: string,
  work: () => Promise<T>,
  signal: AbortSignal,
): Promise<{ readonly done: T } | InUse> {
  await using _ = await lockFolder(folder.run, signal);
  const users = await usersOf(folder);
  if (users.length > 0) return { users };
  await stopAndClean(folder, searchPath);
  return { done: await work() };
}

/** Who uses the casd of the folder now; `casd start` does only as long as the daemon runs. */
export async function usersOf(folder: CacheFolder): Promise<readonly Lease[]> {
  if (!existsSync(folder.run)) return [];
  const runs = servingCasds(folder.storage).length > 0;
  return (await liveLeases(folder)).filter(({ owner }) => owner !== null || runs);
}
