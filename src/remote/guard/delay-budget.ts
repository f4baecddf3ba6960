/**
 * What a remote may cost a build, shared by all services of a run. It bounds the time that the run waits for answers,
 * whether they come within the latency budget or late: many good answers one after another are a delay, too.
 */
export interface DelayBudget {
  /** Milliseconds. */
  readonly limit: number;
  /** Milliseconds that are not yet used up; never below zero. */
  readonly left: number;
  /** What the remote did wrong, for the report. */
  readonly lost: LostTime;
  /** Takes the time between two points of one clock as waited for an answer that came when it should. */
  wait(from: number, until: number): void;
  /** The same for time that was lost. */
  count(from: number, until: number): void;
}

const DEFAULT_LIMIT = 10_000;

/** @param limit milliseconds */
export function createDelayBudget(limit: number = DEFAULT_LIMIT): DelayBudget {
  const used = new LostTime();
  const lost = new LostTime();
  return {
    limit,
    lost,
    get left() {
      return Math.max(0, limit - used.total);
    },
    wait: (from, until) => used.count(from, until),
    count: (from, until) => {
      used.count(from, until);
      lost.count(from, until);
    },
  };
}

/** Adds up stretches of time, each moment once: what several calls lost together is lost once. */
export class LostTime {
  /** Apart from one another, in their order. */
  readonly #stretches: { from: number; until: number }[] = [];
  #total = 0;

  /** Milliseconds. */
  get total(): number {
    return this.#total;
  }

  count(from: number, until: number): void {
    if (until <= from) return;
    // Most stretches end the last: they are looked for from the end.
    let end = this.#stretches.length;
    while (end > 0 && (this.#stretches[end - 1]?.from ?? 0) > until) end--;
    let start = end;
    while (start > 0 && (this.#stretches[start - 1]?.until ?? 0) >= from) start--;
    const met = this.#stretches.slice(start, end);
    const whole = {
      from: Math.min(from, ...met.map((stretch) => stretch.from)),
      until: Math.max(until, ...met.map((stretch) => stretch.until)),
    };
    this.#stretches.splice(start, end - start, whole);
    this.#total += whole.until - whole.from;
    for (const stretch of met) this.#total -= stretch.until - stretch.from;
  }
}
