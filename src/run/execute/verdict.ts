import { status } from '@grpc/grpc-js';
import { Fault } from '../../errors.js';
import { ActionResult } from '../../gen/build/bazel/remote/execution/v2/remote_execution.js';
import { Status } from '../../gen/google/rpc/status.js';
import type { RunnerOutcome } from '../../sandbox/runner.js';
import type { OutputLink } from '../../sandbox/shim.js';

/** What a build left at its outputs. */
export interface Left {
  readonly result: ActionResult;
  /** Those that are symlinks. */
  readonly links: readonly OutputLink[];
  /** Those that are neither file nor folder nor symlink. */
  readonly odd: readonly string[];
}

/** What came of a build in the sandbox, where the sandbox did its part. */
export type Verdict =
  | ({ readonly kind: 'ended' } & Left)
  /** It was ended by a limit; what it left until then is there, if buildbox-run came so far. */
  | ({ readonly kind: 'timed-out' | 'too-many-processes' | 'too-much-memory' } & Left)
  | { readonly kind: 'not-found'; readonly command: string }
  /** An output is there, but is nothing that BuildBox takes, and the shim did not see it. */
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
  if (outcome.sandbox === 'lost' && outcome.met !== 'processes' && outcome.met !== 'memory')
    throw lost(outcome);
  const kind = limitMet(outcome, error);
  if (kind !== undefined) {
    return { kind, ...left(outcome, ActionResult.decode(outcome.result ?? Buffer.alloc(0))) };
  }
  if (error?.code === status.UNAVAILABLE) {
    throw new Fault(`casd ended during the build: ${error.message}`, { log: outcome.log });
  }
  if (outcome.sandbox === 'untouched') return notCalled(outcome, error, stderr);
  const result = outcome.result === undefined ? undefined : ActionResult.decode(outcome.result);
  if (outcome.sandbox === 'failed') return notStarted(stderr, outcome);
  if (outcome.sandbox === 'killed') throw killed(outcome);
  const oddOutput = /Output path "(.*)" is not a file or directory/.exec(error?.message ?? '')?.[1];
  if (oddOutput !== undefined) return { kind: 'odd-output', path: oddOutput };
  if (result === undefined || error !== undefined) {
    throw new Fault(`buildbox-run gave no result: ${error?.message ?? outcome.ending}`, {
      log: outcome.log || stderr,
    });
  }
  return { kind: 'ended', ...left(outcome, result) };
}

function left({ links, odd }: RunnerOutcome, result: ActionResult): Left {
  return { result, links, odd };
}

function limitMet({ met }: RunnerOutcome, error: Status | undefined) {
  if (met === 'memory') return 'too-much-memory';
  if (met === 'processes') return 'too-many-processes';
  // buildbox-run's own timeout comes later than ours, and where ours was of no avail.
  return met === 'timeout' || error?.code === status.DEADLINE_EXCEEDED ? 'timed-out' : undefined;
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

function killed({ log }: RunnerOutcome): Fault {
  return new Fault('the sandbox was killed during the build', {
    log,
    remedy:
      'bubblewrap was ended from outside (out of memory?), so how the build would have ended is not known. Run it again.',
  });
}

/** What a build was given to read went away before its end. */
export class LostInputs extends Fault {}

/** The command may have taken an empty folder for its inputs and have found nothing wrong with it. */
function lost({ log }: RunnerOutcome): LostInputs {
  return new LostInputs('the inputs went away during the build, so what it said is not believed', {
    log,
    remedy:
      'buildbox-fuse, which serves them, was ended (out of memory?), or somebody unmounted or removed what casd staged. Run it again.',
  });
}
