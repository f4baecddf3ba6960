import type { ActionResult } from '../../gen/build/bazel/remote/execution/v2/remote_execution.js';
import type { Timestamp } from '../../gen/google/protobuf/timestamp.js';

/** Milliseconds; no build takes a year. */
const LONGEST_BUILD = 365 * 24 * 3_600_000;

/** Milliseconds that the build took, by its metadata; null where that does not say it, or says what cannot be. */
export function buildDuration(result: ActionResult): number | null {
  const { executionStartTimestamp: start, executionCompletedTimestamp: end } = result.executionMetadata ?? {};
  if (!isSet(start) || !isSet(end)) return null;
  const duration = Math.round((end.seconds - start.seconds) * 1000 + (end.nanos - start.nanos) / 1e6);
  return duration < LONGEST_BUILD ? Math.max(0, duration) : null;
}

/** The last second of the year 9999, and of what a Timestamp may be (protobuf, timestamp.proto). */
const LAST_SECOND = 253_402_300_799;

/** Who sets no time may still send one: the first second of 1970, or of the year 1. */
function isSet(time: Timestamp | undefined): time is Timestamp {
  return time !== undefined && time.seconds > 0 && time.seconds <= LAST_SECOND;
}
