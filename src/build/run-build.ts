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
import { reachCasd, reachCasdForLookUp } from './reach-casd.js';
import { remoteResults } from './remote-results.js';
import { together } from './together.js';
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
  await makeCacheFolder(folder);
  const context = runContext(config, host, folder, signal);
  try {
    const prepared = await prepareAction(context, signal);
    context.session?.nameAction(prepared.actionDigest.hash);
    return await findOrBuild(context, prepared, lease, signal);
  } finally {
    context.session?.close();
  }
}

/** Looks in the local cache where that costs nothing, then asks the remote, and builds what neither knows. */
async function findOrBuild(
  context: RunContext,
  prepared: PreparedAction,
  lease: Lease,
  signal: AbortSignal,
): Promise<RunReport> {
  let casd = await reachCasdForLookUp(context, lease, signal);
  try {
    const hit =
      (casd && (await replayHit(context, prepared, localResults(casd, context.folder), signal))) ??
      (await replayRemoteHit(context, prepared, signal));
    casd ??= hit === undefined ? await reachCasd(context, lease, signal) : undefined;
    const outcome = hit ?? (casd && (await buildMiss(context, prepared, casd, signal)));
    if (outcome === undefined) throw new Error('a run without a hit has a casd');
    const daemon = casd && { casd, usage: await readUsage(casd, signal) };
    return describeRun(context, prepared, outcome, daemon);
  } catch (error) {
    throw casd === undefined ? error : explainCasdError(error, context.folder, casd.state);
  } finally {
    casd?.close();
  }
}

async function replayRemoteHit(
  context: RunContext,
  prepared: PreparedAction,
  signal: AbortSignal,
): Promise<Outcome | undefined> {
  const services = await context.session?.services;
  if (services === undefined) return undefined;
  return context.session?.attempt('look-up', () =>
    replayHit(context, prepared, remoteResults(services), signal),
  );
}

/** Ends the run with a result that is there already; undefined where there is none that can be used. */
async function replayHit(
  context: RunContext,
  prepared: PreparedAction,
  source: ResultSource,
  signal: AbortSignal,
): Promise<Outcome | undefined> {
  const { config, host, log, watch, folder } = context;
  log.phase(`looking the action up (${source.name})`);
  const known = await watch.measure('lookup', () => lookUp(context, source, prepared.actionDigest, signal));
  if (known === undefined) return undefined;
  return undefinedIfUnusable(source, log, async () => {
    if (!config.build.downloadOutputs) await source.confirm(known.result, signal);
    const [showOutput] = await together(
      signal,
      (either) => fetchOutput(source, known.result, folder, either),
      (either) => bringOutputs(context, known, source, either),
    );
    const buildLog = host.openBuildLog(config.build.title, signal);
    await showOutput(buildLog);
    buildLog.close();
    return { kind: 'hit', from: source.name, ...known };
  });
}
