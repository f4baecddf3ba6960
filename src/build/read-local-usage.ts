import { connectCasd } from '../casd/connection.js';
import type { CacheFolder } from '../casd/folder.js';
import { References } from '../casd/references.js';
import { readRunningState } from '../casd/state.js';
import { readStoredContents, type StoredContents } from '../casd/stored-contents.js';
import { type CacheUsage, readUsage } from '../casd/usage.js';
import type { CacheConfig } from '../config/config.js';
import type { LocalUsage } from '../report/local-usage.js';
import { readAllotment } from './allot-folder.js';

/** Finds out how full the local cache is, and of what. A casd that runs is asked for its count; none is started. */
export async function readLocalUsage(
  folder: CacheFolder,
  { quota, maxAge }: Pick<CacheConfig, 'quota' | 'maxAge'>,
  signal: AbortSignal,
): Promise<LocalUsage> {
  const contents = await readStoredContents(folder, signal);
  const allotment = await readAllotment(folder, quota, signal);
  const running = await askCasd(folder, signal);
  const { live, dead } = divide(contents);
  const { entries, blobs } = contents;
  return {
    folder: folder.root,
    quota,
    running: running !== undefined,
    casd: running ?? { size: live.bytes + dead.bytes, quota: allotment.quota },
    results: entries.length,
    incomplete: entries.filter(({ complete }) => !complete).length,
    blobs: blobs.size,
    live,
    dead,
    own: allotment.own,
    oldest: entries.reduce<number | null>((oldest, { usedAt }) => Math.min(oldest ?? usedAt, usedAt), null),
    maxAge,
  };
}

/** Undefined where none runs, or none that answers. */
async function askCasd(folder: CacheFolder, signal: AbortSignal): Promise<CacheUsage | undefined> {
  const state = readRunningState(folder);
  if (state === undefined) return undefined;
  const casd = connectCasd(state);
  try {
    return await readUsage(casd, signal);
  } catch {
    signal.throwIfAborted();
    return undefined;
  } finally {
    casd.close();
  }
}

function divide({ entries, blobs }: StoredContents) {
  const needed = new References(entries.filter(({ complete }) => complete));
  const live = { blobs: 0, bytes: 0 };
  const dead = { blobs: 0, bytes: 0 };
  for (const { hash, size } of blobs.values()) {
    const part = needed.has(hash) ? live : dead;
    part.blobs++;
    part.bytes += size;
  }
  return { live, dead };
}
