import { messageOf } from '../../errors.js';
import type { ActionResult } from '../../gen/build/bazel/remote/execution/v2/remote_execution.js';
import { UnusableResult } from '../../cas/unusable-result.js';
import { type PlannedOutput, UnusableOutput } from '../../outputs/plan.js';
import { bringOutputs, isToBring } from './bring-outputs.js';
import { planResult } from '../look-up/look-up.js';
import type { PreparedAction } from '../prepare/prepare.js';
import type { Store } from '../../cas/store.js';
import type { RunContext } from '../run-context.js';

/** What a failed build left at its outputs. */
export interface Leavings {
  readonly planned: readonly PlannedOutput[];
  /** Why the run failed; there is always a reason where some of what was left could not be used. */
  readonly reason: string | null;
}

export interface FailedBuild {
  readonly result: ActionResult;
  /** That the run ends with. */
  readonly exitCode: number;
  /** Why it failed, where its exit code alone does not say it. */
  readonly reason: string | null;
}

/**
 * Brings what a failed build left at its outputs: reports and logs say why it failed. One that cannot be brought keeps
 * no other from it, and nothing that goes wrong here takes the place of the build's own failure.
 */
export async function bringFailed(
  context: RunContext,
  prepared: PreparedAction,
  source: Store,
  { result, exitCode, reason }: FailedBuild,
  signal: AbortSignal,
): Promise<Leavings> {
  try {
    const { planned, refused } = await planUsable(context, source, result, signal);
    const told = reason ?? refused[0] ?? null;
    for (const why of refused) if (why !== told) context.log.warn(`not brought: ${why}`);
    const known = { result, planned };
    if (isToBring(context.config.build, exitCode))
      await bringOutputs(context, prepared, known, source, signal);
    return { planned, reason: told };
  } catch (error) {
    signal.throwIfAborted();
    context.log.warn(`what the failed build left was not brought: ${messageOf(error)}`);
    return { planned: [], reason: reason ?? messageOf(error) };
  }
}

async function planUsable({ config }: RunContext, source: Store, result: ActionResult, signal: AbortSignal) {
  const refused: string[] = [];
  for (let usable = result; ;) {
    try {
      const { planned } = await planResult(source, usable, config.build, signal);
      return { planned, refused };
    } catch (error) {
      if (!(error instanceof UnusableResult)) throw error;
      refused.push(error.message);
      usable = without(usable, error instanceof UnusableOutput ? error.output : undefined);
    }
  }
}

/** @param path undefined for all of them */
function without(result: ActionResult, path: string | undefined): ActionResult {
  const others = <T extends { readonly path: string }>(outputs: readonly T[]) =>
    path === undefined ? [] : outputs.filter((output) => output.path !== path);
  return {
    ...result,
    outputFiles: others(result.outputFiles),
    outputDirectories: others(result.outputDirectories),
    outputSymlinks: others(result.outputSymlinks),
    outputFileSymlinks: others(result.outputFileSymlinks),
    outputDirectorySymlinks: others(result.outputDirectorySymlinks),
  };
}
