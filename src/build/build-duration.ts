import type { ActionResult } from '../gen/build/bazel/remote/execution/v2/remote_execution.js';

/** Milliseconds that the build took, by its metadata. */
export function buildDuration(result: ActionResult): number | null {
  const { executionStartTimestamp: start, executionCompletedTimestamp: end } = result.executionMetadata ?? {};
  if (start === undefined || end === undefined) return null;
  return Math.max(0, Math.round((end.seconds - start.seconds) * 1000 + (end.nanos - start.nanos) / 1e6));
}
