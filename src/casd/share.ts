import { existsSync } from 'node:fs';
import { workIn } from '../system-errors.js';
import { addLease, hasLease, type Lease, liveLeases, removeDeadLeases, removeLease } from './leases.js';
import { lockFolder } from './lock.js';
import { type CacheFolder, makeCacheFolder, nameOf } from '../local/folder.js';
import { removeLeftovers } from './leftovers.js';
import { servingCasds } from './serving.js';
import { type CasdSettings, startCasd, stopCasd } from './start.js';
import { type CasdState, readRunningState, writeRecord } from './state.js';

/** Waiting for the lock to give a lease back must not be cut short by the cancel that asks for it. */
const NEVER = new AbortController().signal;

/**
 * Joins the casd that runs on the cache folder already, and returns undefined where there is none: for a caller who
 * does not know yet whether starting one is worth it.
 */
export async function joinCasd(
  folder: CacheFolder,
  lease: Lease,
  signal: AbortSignal,
): Promise<CasdState | undefined> {
  if (readRunningState(folder) === undefined) return undefined;
  await using _ = await lockFolder(folder.run, signal);
  return await joinUnderLock(folder, lease, signal);
}

/** Joins the casd that runs on the cache folder, or starts one. Two who come at once share one daemon. */
export async function joinOrStartCasd(
  settings: CasdSettings,
  lease: Lease,
  signal: AbortSignal,
): Promise<CasdState> {
  await makeCacheFolder(settings.folder);
  return workIn(nameOf(settings.folder), () => joinOrStart(settings, lease, signal));
}

async function joinOrStart(settings: CasdSettings, lease: Lease, signal: AbortSignal): Promise<CasdState> {
  const { folder } = settings;
  await using _ = await lockFolder(folder.run, signal);
  await writeDownAgain(settings);
  const running = await joinUnderLock(folder, lease, signal);
  if (running !== undefined) return running;
  await forgetKeptLeases(folder);
  await stopCasd(folder);
  await addLease(folder, lease); // First, so that whoever cleans up after a kill finds it.
  try {
    return await startCasd(settings, signal);
  } catch (error) {
    await removeLease(folder, lease.id);
    throw error;
  }
}

/** Gives a lease back. The last one out stops the daemon. */
export async function leaveCasd(folder: CacheFolder, leaseId: string, searchPath: string): Promise<void> {
  if (!hasLease(folder, leaseId)) return; // It was never joined.
  await using _ = await lockFolder(folder.run, NEVER);
  await removeLease(folder, leaseId);
  // A disk that has become read-only keeps the lease, but must not keep the daemon.
  if ((await liveLeases(folder)).some(({ id }) => id !== leaseId)) return;
  await stopAndClean(folder, searchPath);
}

/** Ends the leases without an owner, and with the last lease the daemon. Returns those who still use it. */
export async function dismissCasd(folder: CacheFolder, searchPath: string): Promise<readonly Lease[]> {
  if (!existsSync(folder.run)) {
    if (servingCasds(folder.storage).length === 0) return [];
    await makeCacheFolder(folder);
  }
  await using _ = await lockFolder(folder.run, NEVER);
  await forgetKeptLeases(folder);
  const users = await liveLeases(folder);
  if (users.length === 0) await stopAndClean(folder, searchPath);
  return users;
}

/**
 * Stops the daemon, and cleans even where it has ended by itself: one that was killed leaves its mounts. Call it only
 * under the folder's lock.
 */
export async function stopAndClean(folder: CacheFolder, searchPath: string): Promise<void> {
  await stopCasd(folder);
  await removeDeadLeases(folder);
  await removeLeftovers(folder, searchPath, NEVER);
}

async function joinUnderLock(
  folder: CacheFolder,
  lease: Lease,
  signal: AbortSignal,
): Promise<CasdState | undefined> {
  const state = readRunningState(folder);
  if (state === undefined) return undefined;
  // What needs no daemon does not load gRPC.
  const { askUsage } = await import(/* webpackChunkName: "later" */ './usage.js');
  if ((await askUsage(state, signal)) === undefined) return undefined;
  await addLease(folder, lease);
  return state;
}

/** Somebody builds on a daemon whose state was lost: ending it would end that build. */
async function writeDownAgain({ folder, buildbox, quota }: CasdSettings): Promise<void> {
  const [only, ...others] = servingCasds(folder.storage);
  if (only === undefined || others.length > 0 || readRunningState(folder) !== undefined) return;
  if (!(await liveLeases(folder)).some(({ owner }) => owner !== null)) return;
  const { version, source } = buildbox;
  await writeRecord(folder, { version: 1, process: only.process, buildbox: { version, source }, quota });
}

async function forgetKeptLeases(folder: CacheFolder): Promise<void> {
  for (const { id, owner } of await liveLeases(folder)) {
    if (owner === null) await removeLease(folder, id);
  }
}
