import { status } from '@grpc/grpc-js';
import { Fault } from '../errors.js';
import { ActionResult } from '../gen/build/bazel/remote/execution/v2/remote_execution.js';
import { Status } from '../gen/google/rpc/status.js';
import type { RunnerOutcome } from '../sandbox/runner.js';
import type { OutputLink } from '../sandbox/shim.js';

/** What came of a build in the sandbox, where the sandbox did its part. */
export type Verdict =
  | { readonly kind: 'ended'; readonly result: ActionResult; readonly links: readonly OutputLink[] }
  | { readonly kind: 'timed-out' }
  | { readonly kind: 'not-found'; readonly command: string }
  /** An output is there, but is nothing that BuildBox takes: a pipe, a socket, a device. */
  | { readonly kind: 'odd-output'; readonly path: string }
  /** The inputs could not be mounted; copying them may work. */
  | { readonly kind: 'not-mounted'; readonly reason: string };

/**
 * Tells a build that failed from a sandbox that did not start, which look alike in buildbox-run's result.
 *
 * @param stderr the beginning of what came on stderr
 * @throws Fault when the sandbox or casd failed
 */
export function judge(outcome: RunnerOutcome, stderr: string): Verdict {
  const error = outcome.errorStatus === undefined ? undefined : Status.decode(outcome.errorStatus);
  if (error?.code === status.DEADLINE_EXCEEDED) return { kind: 'timed-out' };
  if (error?.code === status.UNAVAILABLE) {
    throw new Fault(`casd ended during the build: ${error.message}`, { log: outcome.log });
  }
  if (outcome.sandbox === 'untouched') return notCalled(outcome, error, stderr);
  const result = outcome.result === undefined ? undefined : ActionResult.decode(outcome.result);
  if (outcome.sandbox === 'failed') return notStarted(stderr, outcome);
  const oddOutput = /Output path "(.*)" is not a file or directory/.exec(error?.message ?? '')?.[1];
  if (oddOutput !== undefined) return { kind: 'odd-output', path: oddOutput };
  if (result === undefined || error !== undefined) {
    throw new Fault(`buildbox-run gave no result: ${error?.message ?? outcome.ending}`, {
      log: outcome.log || stderr,
    });
  }
  return { kind: 'ended', result, links: outcome.links };
}

function notCalled(outcome: RunnerOutcome, error: Status | undefined, stderr: string): Verdict {
  const reason = error?.message ?? outcome.ending;
  if (error?.code === status.INTERNAL) return { kind: 'not-mounted', reason };
  throw new Fault(`buildbox-run did not start the sandbox: ${reason}`, { log: outcome.log || stderr });
}

/** Only bubblewrap itself can have written to stderr here: the command never ran. */
function notStarted(stderr: string, outcome: RunnerOutcome): Verdict {
  const command = /^bwrap: execvp (.*): No such file or directory$/m.exec(stderr)?.[1];
  if (command !== undefined) return { kind: 'not-found', command };
  throw new Fault('the sandbox did not start', {
    log: stderr || outcome.log,
    remedy: 'The line above is what bubblewrap said. No build was run.',
  });
}
