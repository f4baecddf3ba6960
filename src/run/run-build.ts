import { cacheFolder } from '../local/folder.js';
import type { Lease } from '../casd/leases.js';
import type { Config } from '../config/config.js';
import type { Host } from '../host/host.js';
import type { RunReport } from '../report/run/report.js';
import { bringOutputs, isToBring } from './bring/bring-outputs.js';
import { ChangedInputs } from './prepare/changed-inputs.js';
import { confirmRoom } from './look-up/confirm-room.js';
import { describeRun, type Outcome } from './describe-run.js';
import { filesOf, lookUp, undefinedIfUnusable } from './look-up/look-up.js';
import { prepareAction, type PreparedAction } from './prepare/prepare.js';
import { fetchOutput } from './look-up/replay-output.js';
import type { Store } from '../cas/store.js';
import { localStore } from '../local/local-store.js';
import { openRun, type RunContext } from './run-context.js';
import { together } from '../async/together.js';

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
  const context = await openRun(config, host, folder, signal);
  try {
    return await runOnce(context, [], lease, signal);
  } catch (error) {
    if (!(error instanceof ChangedInputs)) throw error;
    // It may be our memory that is wrong. What really changes while we read it changes again, and ends the run.
    context.log.warn(`${error.message}: reading it anew`);
    return await runOnce(context, error.paths, lease, signal);
  } finally {
    context.session?.close();
    await context.packs?.close();
  }
}

/** @param distrusted files of the workspace that are read, whatever is remembered of them */
async function runOnce(
  context: RunContext,
  distrusted: readonly string[],
  lease: Lease,
  signal: AbortSignal,
): Promise<RunReport> {
  const prepared = await prepareAction(context, distrusted, signal);
  const hit =
    (await replayHit(context, prepared, localStore(context.folder), signal)) ??
    (await context.packs?.attempt((source, limited) => replayHit(context, prepared, source, limited))) ??
    (await replayRemoteHit(context, prepared, signal));
  if (hit !== undefined) return describeRun(context, prepared, hit, undefined);
  // What a hit does not need is not loaded for it: gRPC alone takes longer than the rest of a hit.
  const { buildHere } = await import(/* webpackChunkName: "later" */ './execute/build-here.js');
  return buildHere(context, prepared, lease, signal);
}

async function replayRemoteHit(
  context: RunContext,
  prepared: PreparedAction,
  signal: AbortSignal,
): Promise<Outcome | undefined> {
  const { session, config, log } = context;
  if (session === undefined) return undefined;
  if (config.requireTier === 'trusted') {
    // Whoever has the credentials writes there, and no entry says who did.
    log.info(
      'the remote is not asked for a result: nothing there tells who wrote it (`require-tier: trusted`)',
    );
    return undefined;
  }
  session.nameAction(prepared.actionDigest.hash);
  return session.attempt('look-up', () => replayHit(context, prepared, session.results(), signal));
}

/** Ends the run with a result that is there already; undefined where there is none that can be used. */
async function replayHit(
  context: RunContext,
  prepared: PreparedAction,
  source: Store,
  signal: AbortSignal,
): Promise<Outcome | undefined> {
  const { config, host, log, watch, folder } = context;
  log.phase(`looking the action up (${source.name})`);
  const known = await watch.measure('lookup', () => lookUp(context, source, prepared.actionDigest, signal));
  if (known === undefined) return undefined;
  return undefinedIfUnusable(source, log, async () => {
    // What is here already is the user's own, and may share its blocks with the copies.
    if (source.name !== 'local') await confirmRoom(context, known);
    const [showOutput] = await together(
      signal,
      (either) => fetchOutput(source, known.result, folder, either),
      (either: AbortSignal) =>
        isToBring(config.build, known.result.exitCode)
          ? bringOutputs(context, prepared, known, source, either)
          : source.checkComplete(known.result, filesOf(known), either),
    );
    const buildLog = host.openBuildLog(config.build.title, signal);
    await showOutput(buildLog);
    buildLog.close();
    return { kind: 'hit', from: source.name, ...known };
  });
}
