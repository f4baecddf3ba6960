import { pause } from './pause.js';

export interface RetryPolicy {
  readonly attempts: number;
  /** The wait before the second attempt, in milliseconds; it doubles with each further one. */
  readonly firstDelay: number;
}

/**
 * Tries until it works, fails in a way that another attempt will not mend, or the attempts are used up.
 *
 * @throws the last attempt's error, or the signal's reason when it is aborted.
 */
export async function retry<T>(
  policy: RetryPolicy,
  signal: AbortSignal,
  attempt: () => Promise<T>,
  isTransient: (error: unknown) => boolean,
): Promise<T> {
  for (let number = 1; ; number += 1) {
    try {
      return await attempt();
    } catch (error) {
      signal.throwIfAborted();
      if (number >= policy.attempts || !isTransient(error)) throw error;
    }
    await pause(policy.firstDelay * 2 ** (number - 1), signal);
  }
}
