import { UnusableResult } from '../../cas/unusable-result.js';
import { Fault } from '../../errors.js';
import { dropDamaged } from '../../local/drop-damaged.js';
import type { CacheFolder } from '../../local/folder.js';
import { localStore } from '../../local/local-store.js';
import { missingOutputs } from '../../outputs/plan.js';
import { UnusableBlob } from '../../reapi/unusable-blob.js';
import type { Outcome } from '../describe-run.js';
import { DamagedCache } from '../execute/damaged-cache.js';
import type { Executed } from '../execute/executor.js';
import { EXIT_BAD_OUTPUTS } from '../execute/verdict-result.js';
import { filesOf, type KnownResult, planResult } from '../look-up/look-up.js';
import type { PreparedAction } from '../prepare/prepare.js';
import type { RunContext } from '../run-context.js';
import { bringFailed } from './bring-failed.js';
import { bringOutputs, isToBring } from './bring-outputs.js';

/** Holds the result against what was declared, and brings the outputs of a good one into the workspace. */
export async function settle(
  context: RunContext,
  prepared: PreparedAction,
  { result, failure, staging, cachedInputs }: Executed,
  signal: AbortSignal,
): Promise<Outcome> {
  const { build } = context.config;
  const how = { staging, cachedInputs };
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
