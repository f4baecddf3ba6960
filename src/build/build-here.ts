import { explainCasdError } from '../casd/faults.js';
import type { Lease } from '../casd/leases.js';
import { readUsage } from '../casd/usage.js';
import { watchCasd } from '../casd/watch.js';
import type { RunReport } from '../report/report.js';
import { describeRun } from './describe-run.js';
import { buildMiss } from './miss.js';
import { explainFullCache } from './explain-full-cache.js';
import type { PreparedAction } from './prepare.js';
import { reachCasd } from './reach-casd.js';
import type { RunContext } from './run-context.js';

/** Builds what nobody knows, on a casd that is started for it where none runs. */
export async function buildHere(
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
    if (!signal.aborted) watch.signal.throwIfAborted(); // What it did to the build tells less.
    const needs = { quota: casd.state.quota, known: prepared.inputs.bytes };
    throw (await explainFullCache(error, casd, needs)) ?? explainCasdError(error, context.folder, casd.state);
  } finally {
    casd.close();
  }
}
