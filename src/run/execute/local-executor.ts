import { together } from '../../async/together.js';
import type { CasdConnection } from '../../casd/connection.js';
import { readProcessLimit } from '../../sandbox/process-limit.js';
import type { PreparedAction } from '../prepare/prepare.js';
import type { RunContext } from '../run-context.js';
import { captureAction, type Captured } from './capture.js';
import { chooseStaging, stagingLine } from './choose-staging.js';
import { completeResult } from './complete-result.js';
import { execute } from './execute.js';
import type { Executed, Executor } from './executor.js';
import { onIntactInputs } from './on-intact-inputs.js';
import { restoreRootfs, type WholeTree } from './restore-rootfs.js';
import { gatherStagingFacts } from './staging-facts.js';
import { readVerdict } from './verdict-result.js';

/** Executes actions in a sandbox of this machine. */
export function localExecutor(context: RunContext, casd: CasdConnection): Executor {
  return { execute: (action, signal) => executeHere(context, casd, action, signal) };
}

async function executeHere(
  context: RunContext,
  casd: CasdConnection,
  prepared: PreparedAction,
  signal: AbortSignal,
): Promise<Executed> {
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
  return { ...execution, result: complete, failure, cachedInputs, rootfs };
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
