import { updateActionResult } from '../../casd/action-cache.js';
import type { CasdConnection } from '../../casd/connection.js';
import { dropDamaged } from '../../local/drop-damaged.js';
import type { CacheFolder } from '../../local/folder.js';
import { sealResult } from '../../local/seals.js';
import { Fault, messageOf } from '../../errors.js';
import type { ActionResult } from '../../gen/build/bazel/remote/execution/v2/remote_execution.js';
import { UnusableResult } from '../../cas/unusable-result.js';
import { missingOutputs } from '../../outputs/plan.js';
import { captureAction, type Captured } from './capture.js';
import { chooseStaging, stagingLine, type StagingChoice } from './choose-staging.js';
import { DamagedCache } from './damaged-cache.js';
import type { BuildConfig } from '../../config/config.js';
import type { Outcome } from '../describe-run.js';
import { execute } from './execute.js';
import { filesOf, type KnownResult, planResult } from '../look-up/look-up.js';
import type { PreparedAction } from '../prepare/prepare.js';
import { originOf } from '../../trust/belief.js';
import { decidePush, unjudged } from '../../trust/may-push.js';
import type { Digest } from '../../reapi/digest.js';
import { UnusableBlob } from '../../reapi/unusable-blob.js';
import { advise } from '../bring/advise.js';
import { bringFailed } from '../bring/bring-failed.js';
import { bringOutputs, isToBring } from '../bring/bring-outputs.js';
import { localStore } from '../../local/local-store.js';
import { onIntactInputs } from './on-intact-inputs.js';
import { pushResult, type PushRequest } from '../keep/push-result.js';
import { readProcessLimit } from '../../sandbox/process-limit.js';
import { restoreRootfs, type WholeTree } from './restore-rootfs.js';
import type { RunContext } from '../run-context.js';
import { EXIT_BAD_OUTPUTS, readVerdict } from './verdict-result.js';
import { completeResult } from './complete-result.js';
import { confirmResult } from './confirm-result.js';
import { gatherStagingFacts } from './staging-facts.js';
import { together } from '../../async/together.js';
import { warnOfProducts } from '../bring/warn-of-products.js';

/**
 * Builds the action in the sandbox, keeps its result, and brings its outputs into the workspace. Where the local cache
 * turns out to be damaged, what is damaged is replaced, and the action is built once more.
 */
export async function buildMiss(
  context: RunContext,
  prepared: PreparedAction,
  casd: CasdConnection,
  signal: AbortSignal,
): Promise<Outcome> {
  try {
    return await buildOnce(context, prepared, casd, signal);
  } catch (error) {
    if (!(error instanceof DamagedCache)) throw error;
    context.log.warn(`${error.message}. Building once more`);
    return await buildOnce(context, prepared, casd, signal);
  }
}

async function buildOnce(
  context: RunContext,
  prepared: PreparedAction,
  casd: CasdConnection,
  signal: AbortSignal,
): Promise<Outcome> {
  const { config, host, log, watch, folder, tools } = context;
  log.phase('getting the sandbox ready');
  const [[{ cachedInputs, unchecked }, rootfs], sandbox] = await together(
    signal,
    (either) => giveToCasd(context, prepared, casd, either),
    () => watch.measure('tools', () => tools.sandbox()),
  );
  const staging = await chooseStaging(await gatherStagingFacts(context, prepared, rootfs), () =>
    sandbox.findFuseObstacle(),
  );
  if (staging.isTold) log.info(stagingLine(staging));
  log.phase(`building: ${config.build.title}`);
  const { processes = await readProcessLimit(), memory, tmpSize } = config.sandbox;
  const limits = { processes, memory, tmpSize, timeout: config.build.timeout };
  const started = new Date();
  const request = {
    ...{ host, log, casd, folder, sandbox, prepared, limits, staging },
    title: config.build.title,
    commandLength: config.build.argv.length,
    network: config.sandbox.network,
    user: config.sandbox.user,
    cacheFailures: config.build.cacheFailures,
  };
  const inputs = [...unchecked, ...(rootfs?.files ?? [])];
  const execution = await watch.measure('build', () =>
    onIntactInputs(folder, inputs, (either) => execute(request, either), signal),
  );
  const { result, failure } = readVerdict(execution.verdict, limits, prepared.workingDirectory);
  const complete = completeResult({
    ...execution,
    result,
    actionDigest: prepared.actionDigest,
    builder: host.machine.builder,
    started,
    ended: new Date(),
  });
  const { machineCause } = execution;
  const outcome = await settle(
    context,
    prepared,
    { result: complete, failure, staging: execution.staging, cachedInputs },
    signal,
  );
  if (machineCause !== undefined) log.warn(`this failure is not remembered: ${machineCause}`);
  if (isKept(outcome, config.build, machineCause)) {
    const known = { result: complete, planned: outcome.planned };
    const wasBrought = isToBring(config.build, outcome.result.exitCode);
    await confirmResult(folder, known, wasBrought, signal);
    await watch.measure('store', () => storeResult(context, casd, prepared.actionDigest, complete, signal));
    await context.packs?.noteBuilt(prepared.actionDigest);
    await pushIfAllowed(context, { prepared, known, rootfs }, signal);
  }
  if (outcome.kind === 'built') await warnOfProducts(context, prepared.inputs, outcome.planned);
  await advise(context, prepared, execution, outcome.kind === 'failed');
  return outcome;
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

/** All that the action needs: what is made or checked out here, and its root file system. */
function giveToCasd(
  context: RunContext,
  prepared: PreparedAction,
  casd: CasdConnection,
  signal: AbortSignal,
): Promise<[captured: Captured, rootfs: WholeTree | undefined]> {
  const { host, watch, folder, log } = context;
  const request = { casd, folder, workspace: host.machine.workspace, log };
  return together(
    signal,
    (either) => watch.measure('capture', () => captureAction(request, prepared, either)),
    (either) => restoreRootfs(context, casd, prepared.rootfs, either),
  );
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

/** A failure is kept only as what the command itself ended with, by its own doing, and only where that was asked for. */
function isKept(outcome: Outcome, { cacheFailures }: BuildConfig, machineCause: string | undefined): boolean {
  if (outcome.kind !== 'failed') return outcome.kind === 'built';
  return cacheFailures && outcome.failure === null && machineCause === undefined;
}

interface Settled {
  readonly result: ActionResult;
  readonly failure: string | null;
  readonly staging: StagingChoice;
  readonly cachedInputs: number;
}

/** Holds the result against what was declared, and brings the outputs of a good one into the workspace. */
async function settle(
  context: RunContext,
  prepared: PreparedAction,
  { result, failure, ...how }: Settled,
  signal: AbortSignal,
): Promise<Outcome> {
  const { build } = context.config;
  const source = localStore(context.folder);
  const failed = async (reason: string | null, exitCode: number): Promise<Outcome> => {
    const left = await bringFailed(context, prepared, source, { result, exitCode, reason }, signal);
    return {
      kind: 'failed',
      result: { ...result, exitCode },
      failure: left.reason,
      ...how,
      planned: left.planned,
    };
  };
  if (failure !== null || result.exitCode !== 0) return await failed(failure, result.exitCode);
  let known: KnownResult | undefined;
  try {
    known = await planResult(source, result, build, signal);
    const missing = missingOutputs(known.planned, build.outputs);
    if (missing.length > 0) {
      return await failed(
        `the build did not make the declared output ${missing.join(', ')}`,
        EXIT_BAD_OUTPUTS,
      );
    }
    if (isToBring(build, 0)) await bringOutputs(context, prepared, known, source, signal);
    return { kind: 'built', ...how, ...known };
  } catch (error) {
    if (error instanceof UnusableResult) return await failed(error.message, EXIT_BAD_OUTPUTS);
    if (error instanceof UnusableBlob) throw await damagedOutput(context.folder, error, known, signal);
    throw error;
  }
}

/** casd kept a blob of before that is not what its digest says, in place of the one that was built now. */
async function damagedOutput(
  folder: CacheFolder,
  error: UnusableBlob,
  known: KnownResult | undefined,
  signal: AbortSignal,
): Promise<Fault> {
  const named = [error.digest, ...(known === undefined ? [] : filesOf(known))];
  const damaged = await dropDamaged(folder, named, 'content', signal);
  if (damaged.length > 0) return new DamagedCache(damaged);
  return new Fault(`the local cache is damaged: ${error.message}`, {
    cause: error,
    remedy: 'Run the build again.',
  });
}
