import { claimCache } from '../run/claim-cache.js';
import { expireLocal } from '../upkeep/expire-local.js';
import { expiryRemote } from '../upkeep/expiry-remote.js';
import { readPackCacheUsage } from '../upkeep/read-pack-cache-usage.js';
import { readLocalUsage } from '../upkeep/read-local-usage.js';
import type { Lease } from '../casd/leases.js';
import { readCache } from '../config/cache.js';
import { readRemoteConfig } from '../config/read.js';
import { parseSize } from '../config/values.js';
import { Fault } from '../errors.js';
import { expiryDocument } from '../report/upkeep/expiry-document.js';
import { expiryLines } from '../report/upkeep/expiry-words.js';
import { packCacheSection } from '../report/upkeep/pack-cache-usage.js';
import { localSection } from '../report/upkeep/local-usage.js';
import { usageDocument, usageLines } from '../report/upkeep/usage-answer.js';
import type { CommandContext, Invocation } from './command-context.js';

/** `buildbox-ci cache usage`: reads the folder, and asks a casd that runs there; starts none. */
export async function cacheUsage(
  { inputs, json }: Invocation,
  { host, signal }: CommandContext,
): Promise<number> {
  const cache = readCache(inputs, host.machine);
  const folder = await claimCache(cache, host.machine, signal);
  const local = await readLocalUsage(folder, cache, signal);
  const kept = await readPackCacheUsage(cache, host, folder, signal);
  const sections = [
    localSection(local, Date.now()),
    ...(kept === undefined ? [] : [packCacheSection(kept, Date.now())]),
  ];
  host.answer(json ? JSON.stringify(usageDocument(sections)) : usageLines(sections).join('\n'));
  return 0;
}

/** `buildbox-ci cache expire`: exits with 125 while somebody uses the folder's casd. */
export async function cacheExpire(
  { inputs, json, dryRun, to }: Invocation,
  { host, signal }: CommandContext,
): Promise<number> {
  const { machine, log } = host;
  const cache = readCache(inputs, machine);
  const size = to === undefined ? undefined : parseSize('to', to);
  const remoteConfig = readRemoteConfig(inputs, machine);
  const folder = await claimCache(cache, machine, signal);
  const remote = expiryRemote(remoteConfig, host, signal);
  try {
    const outcome = await expireLocal({ folder, cache, machine, log, remote, dryRun, to: size }, signal);
    if ('users' in outcome) throw inUse(folder.root, outcome.users);
    host.answer(json ? JSON.stringify(expiryDocument(outcome)) : expiryLines(outcome).join('\n'));
    return 0;
  } finally {
    remote?.session.close();
  }
}

function inUse(folder: string, users: readonly Lease[]): Fault {
  const builds = users.flatMap(({ owner }) => (owner === null ? [] : [owner.pid]));
  const names = [
    ...(builds.length > 0 ? [`process ${builds.join(', ')}`] : []),
    ...(builds.length < users.length ? ['`casd start`'] : []),
  ];
  const remedy = [
    ...(builds.length > 0 ? ['Wait until these builds have ended.'] : []),
    ...(builds.length < users.length
      ? ['`buildbox-ci casd stop` ends a daemon that was started for its own sake.']
      : []),
  ];
  return new Fault(`the casd of ${folder} is used by ${names.join(' and by ')}: nothing was changed`, {
    remedy: remedy.join(' '),
  });
}
