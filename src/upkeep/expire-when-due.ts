import { existsSync } from 'node:fs';
import { stat, writeFile } from 'node:fs/promises';
import { type CacheFolder, cacheFolder } from '../local/folder.js';
import { readStoredUsage } from '../casd/stored-usage.js';
import type { CacheConfig, RemoteConfig } from '../config/config.js';
import type { Host } from '../host/host.js';
import type { ExpiryReport } from '../report/upkeep/expiry-report.js';
import { withTimeLimit } from '../async/time-limit.js';

/** How often a folder that stays is looked through for what nobody uses, in milliseconds. */
const INTERVAL = 86_400_000;
const FULL_SHARE = 0.8;

/**
 * Expires the local cache where it is nearly full, or was not looked through for a day. On a machine that is new for
 * every job there is nothing to do, and nothing is done.
 *
 * @returns undefined where it was not due, or somebody else uses the folder's casd
 * @throws as expireLocal; TimeoutError after `cache-time-limit`
 */
export async function expireWhenDue(
  cache: CacheConfig,
  remoteConfig: RemoteConfig | undefined,
  host: Pick<Host, 'machine' | 'mask' | 'log' | 'provenance'>,
  signal: AbortSignal,
): Promise<ExpiryReport | undefined> {
  const folder = cacheFolder(cache.directory);
  if (!existsSync(folder.storage) || !(await isDue(folder, cache.quota))) return undefined;
  const { expireLocal } = await import(/* webpackChunkName: "later" */ './expire-local.js');
  const { expiryRemote } = await import(/* webpackChunkName: "later" */ './expiry-remote.js');
  const limited = withTimeLimit(signal, cache.timeLimit);
  const remote = expiryRemote(remoteConfig, host, limited);
  try {
    const { machine, log } = host;
    const context = { folder, cache, machine, log, remote, dryRun: false, to: undefined };
    const outcome = await expireLocal(context, limited);
    if ('users' in outcome) return undefined;
    await writeFile(folder.expired, '');
    return outcome;
  } finally {
    remote?.session.close();
  }
}

async function isDue(folder: CacheFolder, quota: number): Promise<boolean> {
  const size = readStoredUsage(folder, quota)?.size ?? 0;
  if (size > quota * FULL_SHARE) return true;
  const last = await stat(folder.expired).catch(() => undefined);
  if (last === undefined) await writeFile(folder.expired, ''); // Everything in it is new.
  return last !== undefined && Date.now() - last.mtimeMs > INTERVAL;
}
