import type { DelayBudget } from '../../remote/guard/delay-budget.js';
import type { Guard } from '../../remote/guard/guard.js';
import { idleTime } from '../../remote/guard/idle-time.js';
import { formatDuration } from '../../report/format-quantity.js';
import { buildDuration } from './build-duration.js';
import type { Store } from '../../cas/store.js';

/** How far a fetch has come. Times in milliseconds. */
export interface Fetching {
  /** Since the result was found. */
  readonly elapsed: number;
  /** Since this part of it is fetched. */
  readonly fetching: number;
  /** Bytes of this part, and those of them that are here. */
  readonly bytes: number;
  readonly moved: number;
  /** What the build took. */
  readonly duration: number;
  /** What a remote may cost beyond that. */
  readonly allowance: number;
}

/** Before, a pace says little: the first bytes are slow. */
const FIRST_LOOK = 2000;
const LOOK_AGAIN = 500;

/**
 * What the fetch will have taken in all, at the pace of the bytes so far, when it is longer than the result is worth:
 * than building it took, and what a remote may cost. Undefined where it is worth it, or nobody can tell yet.
 */
export function tooLong(fetch: Fetching): number | undefined {
  const { elapsed, fetching, bytes, moved, duration, allowance } = fetch;
  if (fetching < FIRST_LOOK && elapsed < duration + allowance) return undefined;
  const rest = moved === 0 ? 0 : (fetching / moved) * Math.max(0, bytes - moved);
  return elapsed + rest < duration + allowance ? undefined : elapsed + rest;
}

export interface WorthSettings {
  /** Of the service that sends the blobs. */
  readonly guard: Guard;
  readonly budget: DelayBudget;
  /** The clock of both. */
  readonly now?: () => number;
}

/**
 * Results that are given up when fetching one takes longer than building it did: a remote that sends steadily, and too
 * slowly for what it has to send, costs no more than one that does not answer. What was fetched for nothing is told as
 * delay.
 */
export function whileWorthwhile(source: Store, { guard, budget, now = idleTime }: WorthSettings): Store {
  let found = 0;
  let duration: number | null = null;
  const watched = async <T>(bytes: number, work: () => Promise<T>): Promise<T> => {
    const started = now();
    const before = guard.moved;
    const look = (worth: number) => {
      const moved = guard.moved - before;
      const progress = { elapsed: now() - found, fetching: now() - started, bytes, moved };
      const needed = tooLong({ ...progress, duration: worth, allowance: budget.left });
      if (needed === undefined) return;
      const [much, little] = [needed, worth].map(formatDuration);
      guard.leaveAlone(`to fetch the result would take ${much}, and building it took ${little}`);
    };
    const timer = duration === null ? undefined : setInterval(look, LOOK_AGAIN, duration);
    try {
      return await work();
    } catch (error) {
      budget.lost.count(found, now());
      throw error;
    } finally {
      clearInterval(timer);
    }
  };
  return {
    ...source,
    entry: async (action, signal) => {
      const entry = await source.entry(action, signal);
      found = now();
      duration = entry === undefined ? null : buildDuration(entry.result);
      return entry;
    },
    read: (digests, sink, signal) => {
      const bytes = digests.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      return watched(bytes, () => source.read(digests, sink, signal));
    },
    checkComplete: (result, inTrees, signal) =>
      watched(0, () => source.checkComplete(result, inTrees, signal)),
  };
}
