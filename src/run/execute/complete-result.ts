import {
  ActionResult,
  ExecutedActionMetadata,
} from '../../gen/build/bazel/remote/execution/v2/remote_execution.js';
import type { Digest } from '../../reapi/digest.js';

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

function timestamp(date: Date): { seconds: number; nanos: number } {
  const milliseconds = date.getTime();
  return { seconds: Math.floor(milliseconds / 1000), nanos: (milliseconds % 1000) * 1e6 };
}
