import { explain } from './explain.js';
import type { Failure } from './protocol.js';

/**
 * The library makes five attempts in half a minute at whatever it cannot read. So many of them are made for a question,
 * on which a build waits; what stores waits for none.
 */
const MOST_ATTEMPTS = 2;

/** The answers of the 400s after which another may be better (RFC 9110; 429 is RFC 6585). */
const PASSING: ReadonlySet<string> = new Set(['408', '425', '429']);

/** Hears what the library prints of its attempts, to tell when there is no point in more of them. */
export class AttemptsWatch {
  #status: string | undefined;
  #isQuestion = false;
  #giveUp: (failure: Failure) => void = () => undefined;

  /** Resolves when there is no hope for what begins now. The library goes on with it. */
  begin(isQuestion: boolean): Promise<Failure> {
    this.#status = undefined;
    this.#isQuestion = isQuestion;
    return new Promise((resolve) => (this.#giveUp = resolve));
  }

  hear(line: string): void {
    this.#status = /^::debug::\[Response\] - (\d{3})/.exec(line)?.[1] ?? this.#status;
    const [, attempt, error] = /^Attempt (\d+) of \d+ failed with error: (.*)\. Retrying/.exec(line) ?? [];
    if (error === undefined) return;
    const status = this.#status;
    this.#status = undefined;
    const isRefusal = status?.startsWith('4') === true && !PASSING.has(status);
    if (!isRefusal && (!this.#isQuestion || Number(attempt) < MOST_ATTEMPTS)) return;
    const failure = explain([
      `Failed to ask: ${status === undefined ? error : `Failed request: (${status})`}`,
    ]);
    if (failure !== undefined) this.#giveUp(denied(status, failure));
  }
}

function denied(status: string | undefined, failure: Failure): Failure {
  if (status !== '401' && status !== '403') return failure;
  return { is: 'denied', why: `it refuses us (${status})` };
}
