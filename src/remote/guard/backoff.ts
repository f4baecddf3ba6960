import type { RpcError } from '../../rpc/call.js';
import { askedDelay, jitteredDelay } from './retry.js';

/**
 * What has failed for so long, in milliseconds, has failed for good. A restart of two seconds is outlasted, also where
 * the connection is made again only at the next of its own attempts; a wrong address costs every run this long.
 */
const LIMIT = 2500;

/** How long to go on with one call that fails again and again. */
export class Backoff {
  #failures = 0;
  #end: number | undefined;

  constructor(private readonly random: () => number) {}

  /** How often it has failed since something went well. */
  get failures(): number {
    return this.#failures;
  }

  /** Something went well. */
  renew(): void {
    this.#failures = 0;
    this.#end = undefined;
  }

  /**
   * Milliseconds to wait before the next attempt; undefined when there is no point in another. The last attempt comes
   * when its time ends, not before. What a server asks to be waited does not use that up: it is there.
   */
  next(error: RpcError, now: number): number | undefined {
    this.#end ??= now + LIMIT;
    const failures = this.#failures++;
    const left = this.#end - now;
    if (failures > 0 && left <= 0) return undefined;
    const asked = askedDelay(error);
    const delay = jitteredDelay(failures, this.random());
    if (asked === undefined) return left > 0 ? Math.min(delay, left) : delay;
    this.#end += asked + delay;
    return asked + delay;
  }
}
