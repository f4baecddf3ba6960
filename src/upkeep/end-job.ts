import { withTimeLimit } from '../async/time-limit.js';
import { leaveCasd } from '../casd/share.js';
import { readCache } from '../config/cache.js';
import type { RawInputs } from '../config/given.js';
import { readRemoteConfig } from '../config/read.js';
import { parseBoolean } from '../config/values.js';
import { messageOf } from '../errors.js';
import { INPUTS } from '../gen/inputs.js';
import type { Host } from '../host/host.js';
import { cacheFolder } from '../local/folder.js';
import { ownSearchPath } from '../process/own-programs.js';
import { expiryLines } from '../report/upkeep/expiry-words.js';
import type { LocalUsage } from '../report/upkeep/local-usage.js';
import type { SaveReport } from '../report/run/pack-report.js';
import { savePacks } from '../run/keep/save-packs.js';
import { expireWhenDue } from './expire-when-due.js';
import { readLocalUsage } from './read-local-usage.js';

/** A job whose steps have run. */
export interface EndingJob {
  readonly host: Host;
  readonly inputs: RawInputs;
  /** The local cache of its builds, absolute. */
  readonly cacheDirectory: string;
  /** What names its lease on the daemon; null where it holds none. */
  readonly lease: string | null;
  publishSave(report: SaveReport, host: Host, summary: boolean): Promise<void>;
  publishUsage(usage: LocalUsage, host: Host): Promise<void>;
}

/**
 * What is left when a job ends: its results are saved for other runs, its lease is given back, the local cache is
 * expired where that is due, and the summary tells how full it is. A job that built well does not fail for any of it.
 */
export async function endJob(job: EndingJob, signal: AbortSignal): Promise<void> {
  const { host, inputs, lease } = job;
  const folder = cacheFolder(job.cacheDirectory);
  const readSettings = () => ({
    cache: readCache(inputs, host.machine),
    summary: parseBoolean('summary', inputs.summary ?? INPUTS.summary.default),
  });
  // As long as the lease is held, nobody expires what is still to be saved.
  await orWarn(host, 'could not save what was built', async () => {
    const { cache, summary } = readSettings();
    const save = await savePacks(cache, host, signal);
    if (save !== undefined) await job.publishSave(save, host, summary);
  });
  await orWarn(host, 'could not stop the daemon', async () => {
    if (lease !== null) await leaveCasd(folder, lease, ownSearchPath(host.machine));
  });
  const { cache, summary } = readSettings();
  await orWarn(host, 'could not expire the local cache', async () => {
    const expiry = await expireWhenDue(cache, readRemoteConfig(inputs, host.machine), host, signal);
    if (expiry !== undefined) host.answer(expiryLines(expiry).join('\n'));
  });
  await orWarn(host, 'could not tell how full the local cache is', async () => {
    if (lease === null || !summary) return; // Nothing is new here.
    const limited = withTimeLimit(signal, cache.timeLimit);
    await job.publishUsage(await readLocalUsage(folder, cache, limited), host);
  });
}

async function orWarn({ log }: Host, what: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    log.warn(`${what}: ${messageOf(error)}`);
  }
}
