import { randomUUID } from 'node:crypto';
import { claimCache } from '../run/claim-cache.js';
import { runBuild } from '../run/run-build.js';
import { leaveCasd } from '../casd/share.js';
import type { Config } from '../config/config.js';
import { readConfig } from '../config/read.js';
import { identify } from '../process/identity.js';
import { ownSearchPath } from '../process/own-programs.js';
import type { SaveReport } from '../report/run/pack-report.js';
import type { CommandContext, Invocation } from './command-context.js';

/** `buildbox-ci run`: the whole way of one run; exits with the build's own exit code. */
export async function runCommandLine(
  { inputs, argv }: Invocation,
  { host, signal }: CommandContext,
): Promise<number> {
  const config = readConfig(inputs, host.machine, argv);
  const folder = await claimCache(config.cache, host.machine, signal);
  const lease = { id: randomUUID(), owner: identify(process.pid) ?? null };
  try {
    const report = await runBuild(config, host, lease, signal);
    const save = await saveBuilt(config, host, signal);
    await host.publish({ ...report, save }, config.report);
    return report.exitCode;
  } finally {
    await leaveCasd(folder, lease.id, ownSearchPath(host.machine));
  }
}

/** Where nothing is kept between runs, what it takes to save is not loaded. */
async function saveBuilt(
  { cache }: Config,
  host: CommandContext['host'],
  signal: AbortSignal,
): Promise<SaveReport | null> {
  if (cache.packs.kind === 'none') return null;
  const { savePacks } = await import(/* webpackChunkName: "later" */ '../run/keep/save-packs.js');
  return (await savePacks(cache, host, signal)) ?? null;
}
