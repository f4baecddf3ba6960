import { explainCasdError } from '../casd/faults.js';
import { cacheFolder, makeCacheFolder } from '../casd/folder.js';
import type { Lease } from '../casd/leases.js';
import { readUsage } from '../casd/usage.js';
import type { Config } from '../config/config.js';
import type { Host } from '../host/host.js';
import { bringOutputs } from './bring-outputs.js';
import type { RunReport } from '../report/report.js';
import { buildMiss } from './miss.js';
import { lookUp, undefinedIfUnusable } from './look-up.js';
import { prepareAction, type PreparedAction } from './prepare.js';
import { reachCasd } from './reach-casd.js';
import { fetchOutput } from './replay-output.js';
import { describeRun, type Outcome } from './describe-run.js';
import { localResults, type ResultSource } from './result-source.js';
import { type RunContext, runContext } from './run-context.js';

/**
 * The way of one run: name the action, look it up, build it in the sandbox where it is not known, bring its outputs
 * into the workspace. The caller gives the lease back.
 *
 * @throws Fault, InputError, Cancelled; a build that fails is a report
 */
export async function runBuild(
  config: Config,
  host: Host,
  lease: Lease,
  signal: AbortSignal,
): Promise<RunReport> {
  const folder = cacheFolder(config.cache.directory);
  const context = runContext(config, host, folder, signal);
  await makeCacheFolder(folder);
  const prepared = await prepareAction(context, signal);
  const casd = await reachCasd(context, lease, signal);
  try {
    const outcome =
      (await replayHit(context, prepared, localResults(casd, folder), signal)) ??
      (await buildMiss(context, prepared, casd, signal));
    const usage = await readUsage(casd, signal);
    return describeRun(context, prepared, outcome, casd, usage);
  } catch (error) {
    throw explainCasdError(error, folder, casd.state);
  } finally {
    casd.close();
  }
}

/** Ends the run with a result that is there already; undefined where there is none that can be used. */
async function replayHit(
  context: RunContext,
  prepared: PreparedAction,
  source: ResultSource,
  signal: AbortSignal,
): Promise<Outcome | undefined> {
  const { config, host, log, watch, folder } = context;
  log.phase('looking the action up');
  const known = await watch.measure('lookup', () => lookUp(context, source, prepared.actionDigest, signal));
  if (known === undefined) return undefined;
  return undefinedIfUnusable(source, log, async () => {
    const showOutput = await fetchOutput(source, known.result, folder, signal);
    await bringOutputs(context, known, source, signal);
    const buildLog = host.openBuildLog(config.build.title, signal);
    await showOutput(buildLog);
    buildLog.close();
    return { kind: 'hit', ...known };
  });
}
