import { renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { yieldTurn } from '../async/yielding.js';
import { systemErrorCode } from '../errors.js';
import { noteCount } from './counted.js';
import type { CacheFolder } from './folder.js';
import { DISK_USAGE } from './layout.js';
import type { ExpiryPlan } from './plan-expiry.js';
import type { StoredContents } from './stored-contents.js';
import type { StoredObject } from './walk-objects.js';

const FILES_AT_ONCE = 100;

/** Whoever wants to start a casd waits meanwhile, for a minute at most. */
const MOST_MILLISECONDS = 20_000;

/**
 * Removes from casd's folder what a plan lets go. Call it only while no casd runs there: a casd does not notice that
 * a blob is gone, and would count it for as long as it runs. Results go before their blobs, and casd's own count goes
 * first of all, so that whatever ends this in the middle leaves a folder that is right and that casd counts anew.
 *
 * @param deadline milliseconds since 1970
 * @returns how many blobs are left for the next time, because the disk was too slow
 */
export async function removeStored(
  folder: CacheFolder,
  contents: StoredContents,
  plan: ExpiryPlan,
  signal: AbortSignal,
  deadline = Date.now() + MOST_MILLISECONDS,
): Promise<number> {
  const entries = plan.entries.flatMap(({ entry, fate }) => (fate.goes ? [entry] : []));
  const blobs = plan.blobs.map(({ blob }) => blob);
  if (entries.length + blobs.length === 0) return 0;
  rmSync(join(folder.storage, DISK_USAGE), { recursive: true, force: true });
  await removeAll(entries, signal, Infinity);
  const left = await removeAll(blobs, signal, deadline);
  if (left === 0) writeUsage(folder, contents, blobs);
  return left;
}

/** Synchronously, some at a time: promises for each would take several times as long. Returns how many are left. */
async function removeAll(
  objects: readonly StoredObject[],
  signal: AbortSignal,
  deadline: number,
): Promise<number> {
  for (let start = 0; start < objects.length; start += FILES_AT_ONCE) {
    await yieldTurn(signal);
    if (Date.now() > deadline) return objects.length - start;
    for (const { path } of objects.slice(start, start + FILES_AT_ONCE)) {
      try {
        unlinkSync(path);
      } catch (error) {
        if (systemErrorCode(error) !== 'ENOENT') throw error;
      }
    }
  }
  return 0;
}

/** As casd counts at its start: the bytes of all blobs. */
function writeUsage(folder: CacheFolder, contents: StoredContents, gone: readonly StoredObject[]): void {
  const hashes = new Set(gone.map(({ hash }) => hash));
  let bytes = 0;
  for (const { hash, size } of contents.blobs.values()) if (!hashes.has(hash)) bytes += size;
  const file = join(folder.storage, DISK_USAGE);
  const unfinished = join(folder.run, `disk_usage.${process.pid}`);
  try {
    writeFileSync(unfinished, String(bytes));
    renameSync(unfinished, file);
    noteCount(folder);
  } catch {
    rmSync(file, { recursive: true, force: true }); // The next casd counts by itself.
  }
}
