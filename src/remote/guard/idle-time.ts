/**
 * A clock that goes only while this process has nothing to do, in milliseconds: an answer that nobody looks at, because
 * the checkout is being digested, is not late.
 */
export function idleTime(): number {
  return performance.eventLoopUtilization().idle;
}
