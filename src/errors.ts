/**
 * The three ways in which a run goes wrong, kept apart because people act on them differently: the user's mistake,
 * our fault, and a cancel. A build that fails is none of these: it is a result.
 */

/** Exit codes that are ours; every other one is the build's own. */
export const EXIT_MISTAKE = 2;
export const EXIT_FAULT = 125;

/** A mistake in the call. Says which input, what it held, and what would have been right. Exit code 2. */
export class InputError extends Error {
  override readonly name = 'InputError';

  constructor(
    readonly input: string,
    readonly value: string,
    readonly wanted: string,
  ) {
    super(`${input}: ${JSON.stringify(value)} is not usable. ${wanted}`);
  }
}

export interface FaultDetails {
  /** What the reader can do about it, as one or more full sentences. */
  readonly remedy?: string;
  readonly cause?: unknown;
  /** The last lines of a log that tell more. */
  readonly log?: string;
}

/** We could not do our job: no sandbox, no space, a download that failed. Exit code 125. */
export class Fault extends Error {
  override readonly name = 'Fault';
  readonly remedy: string | undefined;
  readonly log: string | undefined;

  constructor(message: string, details: FaultDetails = {}) {
    super(message, { cause: details.cause });
    this.remedy = details.remedy;
    this.log = details.log;
  }
}

/** The run was cancelled by a signal; the reason that every AbortSignal of a run carries. Exit code 128 + signal. */
export class Cancelled extends Error {
  override readonly name = 'Cancelled';

  constructor(readonly signal: 'SIGINT' | 'SIGTERM') {
    super(`cancelled by ${signal}`);
  }

  get exitCode(): number {
    return this.signal === 'SIGINT' ? 130 : 143;
  }
}

/** The code of a failed system call (`ENOENT`, `EACCES`, …), if that is what this error is. */
export function systemErrorCode(error: unknown): string | undefined {
  const code = property(error, 'code');
  return typeof code === 'string' ? code : undefined;
}

export function messageOf(error: unknown): string {
  const message = property(error, 'message');
  return typeof message === 'string' ? message : String(error);
}

function property(thing: unknown, name: string): unknown {
  return typeof thing === 'object' && thing !== null ? (thing as Record<string, unknown>)[name] : undefined;
}
