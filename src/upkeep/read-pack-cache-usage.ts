import { countEntries } from '../packs/index/cache-index.js';
import { readPending } from '../packs/pending.js';
import { readLater, readNewest, type ScopeIndex } from '../packs/index/read-scope.js';
import { sumUsage } from '../packs/tidy/plan-compaction.js';
import { tidyIndex } from '../packs/tidy/tidy-index.js';
import type { CacheFolder } from '../local/folder.js';
import type { CacheConfig } from '../config/config.js';
import type { Host } from '../host/host.js';
import type { PackCacheRef, PackCacheUsage } from '../report/upkeep/pack-cache-usage.js';
import { withTimeLimit } from '../async/time-limit.js';
import { openPackPlace, pendingFolder } from '../run/pack-place.js';

/**
 * How full the cache between runs is, as far as this run may read it; undefined where nothing is kept.
 *
 * @throws TransportError; TimeoutError after `cache-time-limit`
 */
export async function readPackCacheUsage(
  config: CacheConfig,
  host: Pick<Host, 'machine' | 'provenance' | 'log'>,
  folder: CacheFolder,
  signal: AbortSignal,
): Promise<PackCacheUsage | undefined> {
  await using place = await openPackPlace(config, host, folder, signal);
  if (place === undefined) return undefined;
  const limited = withTimeLimit(signal, config.timeLimit);
  const refs: PackCacheRef[] = [];
  for (const name of place.transport.access.read ? place.scopes.readable : []) {
    const scope = await readLater(place, await readNewest(place, name, limited), limited);
    refs.push(measure(scope, config));
  }
  const { built, trees } = await readPending(pendingFolder(config, host, folder));
  return {
    place: place.transport.name,
    onGitHub: config.packs.kind === 'github',
    quota: config.quota,
    refs,
    unsaved: built.length + trees.length,
  };
}

function measure({ scope, index }: ScopeIndex, { maxAge, quota }: CacheConfig): PackCacheRef {
  const { usages } = tidyIndex(index, Date.now(), { maxAge, quota, rewriteBytes: 0 });
  const live = sumUsage(usages);
  const packs = [...index.packs.values()];
  const bytes = packs.reduce((sum, pack) => sum + pack.bytes, 0);
  return {
    ref: scope.ref,
    event: scope.event,
    ...countEntries(index),
    packs: packs.length,
    blobs: packs.reduce((sum, pack) => sum + pack.blobs.length, 0),
    bytes,
    dead: bytes - live.bytes + live.dead,
    oldest: oldestUse(index),
  };
}

/** Milliseconds since 1970; null where there is no entry. */
function oldestUse({ entries }: ScopeIndex['index']): number | null {
  let oldest: number | null = null;
  for (const { usedAt } of entries.values()) oldest = Math.min(usedAt, oldest ?? usedAt);
  return oldest;
}
