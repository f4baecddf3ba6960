import { updateActionResult } from '../casd/action-cache.js';
import type { CasdConnection } from '../casd/connection.js';
import {
  ActionResult,
  ExecutedActionMetadata,
} from '../gen/build/bazel/remote/execution/v2/remote_execution.js';
import type { Digest } from '../reapi/digest.js';

export interface BuiltResult {
  readonly actionDigest: Digest;
  readonly result: ActionResult;
  readonly stdoutDigest: Digest;
  readonly stderrDigest: Digest;
  /** Who built it, for whoever finds it later. */
  readonly builder: string;
  readonly started: Date;
  readonly ended: Date;
}

/** Completes a result with its output streams and with who made it when; buildbox-run leaves these to its caller. */
export function completeResult(built: BuiltResult): ActionResult {
  const metadata = built.result.executionMetadata ?? ExecutedActionMetadata.create();
  return {
    ...built.result,
    stdoutRaw: Buffer.alloc(0),
    stdoutDigest: built.stdoutDigest,
    stderrRaw: Buffer.alloc(0),
    stderrDigest: built.stderrDigest,
    executionMetadata: {
      ...metadata,
      worker: built.builder,
      executionStartTimestamp: metadata.executionStartTimestamp ?? timestamp(built.started),
      executionCompletedTimestamp: metadata.executionCompletedTimestamp ?? timestamp(built.ended),
    },
  };
}

/** Stores a complete result as the answer to its action, for the runs that follow. */
export async function storeResult(
  casd: CasdConnection,
  actionDigest: Digest,
  result: ActionResult,
  signal: AbortSignal,
): Promise<void> {
  await updateActionResult(casd, actionDigest, result, signal);
}

/** Milliseconds that the build took, by its metadata. */
export function buildDuration(result: ActionResult): number | null {
  const { executionStartTimestamp: start, executionCompletedTimestamp: end } = result.executionMetadata ?? {};
  if (start === undefined || end === undefined) return null;
  return Math.max(0, Math.round((end.seconds - start.seconds) * 1000 + (end.nanos - start.nanos) / 1e6));
}

function timestamp(date: Date): { seconds: number; nanos: number } {
  const milliseconds = date.getTime();
  return { seconds: Math.floor(milliseconds / 1000), nanos: (milliseconds % 1000) * 1e6 };
}
