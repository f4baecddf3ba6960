/** What a bad remote may add to a build, shared by all services of a run. */
export interface DelayBudget {
  /** Milliseconds. */
  readonly limit: number;
  /** Milliseconds that are not yet used up; never below zero. */
  readonly left: number;
  /** Takes the time between two points of one clock as lost. Time that several calls lost together counts once. */
  count(from: number, until: number): void;
}

const DEFAULT_LIMIT = 10_000;

/** @param limit milliseconds */
export function createDelayBudget(limit: number = DEFAULT_LIMIT): DelayBudget {
  const lost = new LostTime();
  return {
    limit,
    get left() {
      return Math.max(0, limit - lost.total);
    },
    count: (from, until) => lost.count(from, until),
  };
}

/** Adds up stretches of time, each moment once. What is counted ends no earlier than what was counted before. */
export class LostTime {
  readonly #stretches: { from: number; until: number }[] = [];
  #total = 0;

  /** Milliseconds. */
  get total(): number {
    return this.#total;
  }

  count(from: number, until: number): void {
    if (until <= from) return;
    let start = from;
    let end = until;
    for (let last = this.#stretches.at(-1); last !== undefined; last = this.#stretches.at(-1)) {
      if (last.until < start) break;
      this.#stretches.pop();
      this.#total -= last.until - last.from;
      start = Math.min(start, last.from);
      end = Math.max(end, last.until);
    }
    this.#stretches.push({ from: start, until: end });
    this.#total += end - start;
  }
}
