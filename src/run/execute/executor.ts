import type { ActionResult } from '../../gen/build/bazel/remote/execution/v2/remote_execution.js';
import type { PreparedAction } from '../prepare/prepare.js';
import type { Execution } from './execute.js';
import type { WholeTree } from './restore-rootfs.js';

/** Where actions are executed. */
export interface Executor {
  /** @throws Fault where it cannot be executed; an action that fails is an outcome */
  execute(action: PreparedAction, signal: AbortSignal): Promise<Executed>;
}

/** What came of an action. Every blob of its result is in the local cache. */
export interface Executed extends Execution {
  /** Complete: with its output, and who made it when. */
  readonly result: ActionResult;
  /** Why it failed, where its exit code alone does not say it. */
  readonly failure: string | null;
  /** Bytes of its inputs that the local cache had. */
  readonly cachedInputs: number;
  /** Its root file system, where that is in CAS. */
  readonly rootfs: WholeTree | undefined;
}
