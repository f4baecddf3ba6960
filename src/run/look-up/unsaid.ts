import type { ActionResult } from '../../gen/build/bazel/remote/execution/v2/remote_execution.js';
import type { Store } from '../../cas/store.js';

/**
 * What an entry does not say that every entry says, in words: one of no bytes is that of a build that went well and left
 * nothing. A server that executes has its own way with streams, but always says when a build ended.
 */
export function whatIsUnsaid(
  { executionMetadata, stdoutDigest, stderrDigest }: ActionResult,
  source: Store['name'],
): string | undefined {
  if (executionMetadata?.executionCompletedTimestamp === undefined) return 'when it was built';
  if (source === 'remote') return undefined;
  if (executionMetadata.worker === '') return 'who built it';
  return stdoutDigest === undefined || stderrDigest === undefined ? 'what was printed' : undefined;
}
