import { setTimeout as sleep } from 'node:timers/promises';
import { CasdEnded, casdEnded, explainCasdError } from '../../casd/faults.js';
import type { Lease } from '../../casd/leases.js';
import type { CasdState } from '../../casd/state.js';
import { readUsage } from '../../casd/usage.js';
import { watchCasd } from '../../casd/watch.js';
import { isRunning } from '../../process/identity.js';
import type { RunReport } from '../../report/run/report.js';
import { describeRun } from '../describe-run.js';
import { buildMiss } from './miss.js';
import { explainFullCache } from './explain-full-cache.js';
import type { PreparedAction } from '../prepare/prepare.js';
import { reachCasd } from './reach-casd.js';
import type { RunContext } from '../run-context.js';
import { LostInputs } from './verdict.js';

/** Milliseconds. */
const GRACE = 1000;
const POLL = 20;

/**
 * Builds what nobody knows, on a casd that is started for it where none runs. Where that ends in the middle, the build
 * is made once more on another: a runner ends its job's daemon with the job, whoever else has joined it since.
 */
export async function buildHere(
  context: RunContext,
  prepared: PreparedAction,
  lease: Lease,
  signal: AbortSignal,
): Promise<RunReport> {
  try {
    return await buildOnce(context, prepared, lease, signal);
  } catch (error) {
    if (!(error instanceof CasdEnded)) throw error;
    context.log.warn(`${error.message}, maybe with the job that had started it: building once more`);
    return await buildOnce(context, prepared, lease, signal);
  }
}

/** @throws CasdEnded */
async function buildOnce(
  context: RunContext,
  prepared: PreparedAction,
  lease: Lease,
  signal: AbortSignal,
): Promise<RunReport> {
  const casd = await reachCasd(context, lease, signal);
  using watch = watchCasd(context.folder, casd);
  const either = AbortSignal.any([signal, watch.signal]);
  try {
    const outcome = await buildMiss(context, prepared, casd, either);
    const usage = await readUsage(casd, either);
    const { state, address } = casd;
    return describeRun(context, prepared, outcome, { buildbox: state.buildbox, address, usage });
  } catch (error) {
    if (!signal.aborted) {
      watch.signal.throwIfAborted(); // What it did to the build tells less.
      if (await hasEnded(casd.state, error)) throw casdEnded(context.folder, error);
    }
    const needs = { quota: casd.state.quota, known: prepared.inputs.bytes };
    throw (await explainFullCache(error, casd, needs)) ?? explainCasdError(error, context.folder, casd.state);
  } finally {
    casd.close();
  }
}

/** Who ends a daemon and its servers may come to the server of the inputs first. */
async function hasEnded({ process: casd }: CasdState, error: unknown): Promise<boolean> {
  const end = Date.now() + (error instanceof LostInputs ? GRACE : 0);
  while (isRunning(casd)) {
    if (Date.now() >= end) return false;
    await sleep(POLL);
  }
  return true;
}
