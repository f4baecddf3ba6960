import type { CasdConnection } from '../../casd/connection.js';
import { advise } from '../bring/advise.js';
import { settle } from '../bring/settle.js';
import { warnOfProducts } from '../bring/warn-of-products.js';
import type { Outcome } from '../describe-run.js';
import { keepResult } from '../keep/keep-result.js';
import type { PreparedAction } from '../prepare/prepare.js';
import type { RunContext } from '../run-context.js';
import { DamagedCache } from './damaged-cache.js';
import { localExecutor } from './local-executor.js';

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
  const executed = await localExecutor(context, casd).execute(prepared, signal);
  const outcome = await settle(context, prepared, executed, signal);
  await keepResult(context, casd, prepared, executed, outcome, signal);
  if (outcome.kind === 'built') await warnOfProducts(context, prepared.inputs, outcome.planned);
  await advise(context, prepared, executed, outcome.kind === 'failed');
  return outcome;
}
