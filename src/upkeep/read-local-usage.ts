import type { CacheFolder } from '../local/folder.js';
import { References } from '../local/references.js';
import { servingCasds } from '../casd/serving.js';
import { readRunningState } from '../casd/state.js';
import { readStoredContents, type StoredContents } from '../local/stored-contents.js';
import { askUsage } from '../casd/usage.js';
import type { CacheConfig } from '../config/config.js';
import type { LocalUsage } from '../report/upkeep/local-usage.js';
import { readAllotment } from '../run/execute/allot-folder.js';

/** Finds out how full the local cache is, and of what. A casd that runs is asked for its count; none is started. */
export async function readLocalUsage(
  folder: CacheFolder,
  { quota, maxAge }: Pick<CacheConfig, 'quota' | 'maxAge'>,
  signal: AbortSignal,
): Promise<LocalUsage> {
  const contents = await readStoredContents(folder, signal);
  const allotment = await readAllotment(folder, quota, signal);
  const state = readRunningState(folder);
  const running = state && (await askUsage(state, signal));
  const { live, dead } = divide(contents);
  const { entries, blobs } = contents;
  return {
    folder: folder.root,
    quota,
    running: servingCasds(folder.storage).length > 0,
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
