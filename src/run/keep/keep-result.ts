import { updateActionResult } from '../../casd/action-cache.js';
import type { CasdConnection } from '../../casd/connection.js';
import type { BuildConfig } from '../../config/config.js';
import { messageOf } from '../../errors.js';
import type { ActionResult } from '../../gen/build/bazel/remote/execution/v2/remote_execution.js';
import { sealResult } from '../../local/seals.js';
import type { Digest } from '../../reapi/digest.js';
import { originOf } from '../../trust/belief.js';
import { decidePush, unjudged } from '../../trust/may-push.js';
import { isToBring } from '../bring/bring-outputs.js';
import type { Outcome } from '../describe-run.js';
import { confirmResult } from '../execute/confirm-result.js';
import type { Executed } from '../execute/executor.js';
import type { PreparedAction } from '../prepare/prepare.js';
import type { RunContext } from '../run-context.js';
import { pushResult, type PushRequest } from './push-result.js';

/**
 * Keeps the result of an action that was executed, where it is one to be kept: here, for other runs, and at the remote.
 *
 * @throws DamagedCache where the local cache does not hold it as it says
 */
export async function keepResult(
  context: RunContext,
  casd: CasdConnection,
  prepared: PreparedAction,
  { result, machineCause, rootfs }: Executed,
  outcome: Outcome,
  signal: AbortSignal,
): Promise<void> {
  const { config, folder, log, watch } = context;
  if (machineCause !== undefined) log.warn(`this failure is not remembered: ${machineCause}`);
  if (!isKept(outcome, config.build, machineCause)) return;
  const known = { result, planned: outcome.planned };
  const wasBrought = isToBring(config.build, outcome.result.exitCode);
  await confirmResult(folder, known, wasBrought, signal);
  await watch.measure('store', () => storeResult(context, casd, prepared.actionDigest, result, signal));
  await context.packs?.noteBuilt(prepared.actionDigest);
  await pushIfAllowed(context, { prepared, known, rootfs }, signal);
}

/** A failure is kept only as what the command itself ended with, by its own doing, and only where that was asked for. */
function isKept(outcome: Outcome, { cacheFailures }: BuildConfig, machineCause: string | undefined): boolean {
  if (outcome.kind !== 'failed') return outcome.kind === 'built';
  return cacheFailures && outcome.failure === null && machineCause === undefined;
}

/** A result that cannot be sealed (a full disk) is not found again, and nothing else is wrong with it. */
async function storeResult(
  { host, folder, log }: RunContext,
  casd: CasdConnection,
  action: Digest,
  result: ActionResult,
  signal: AbortSignal,
): Promise<void> {
  await updateActionResult(casd, action, result, signal);
  await sealResult(folder, action, result, originOf(host.provenance)).catch((error: unknown) => {
    log.warn(`the result is not remembered in ${folder.root}: ${messageOf(error)}`);
  });
}

async function pushIfAllowed(
  { config, host, log, folder, watch, session }: RunContext,
  built: Pick<PushRequest, 'prepared' | 'known' | 'rootfs'>,
  signal: AbortSignal,
): Promise<void> {
  if (config.remote === undefined || session === undefined) return;
  if (!decidePush(config.remote.push, host.provenance).mayPush) {
    const why = unjudged(config.remote.push, host.provenance);
    if (why !== undefined) log.warn(why);
    return;
  }
  const services = await session.services;
  if (services === undefined) return;
  const { pushInputs } = config.remote;
  await watch.measure('push', () =>
    pushResult({ session, services, log, folder, pushInputs, ...built }, signal),
  );
}
