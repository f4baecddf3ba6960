import type { Phase } from '../report/run/report.js';

/** Keeps how long each phase took, in milliseconds. Phases may run side by side. */
export class Stopwatch {
  readonly startedAt = new Date();
  readonly #start = performance.now();
  readonly #timings: Partial<Record<Phase, number>> = {};

  async measure<T>(phase: Phase, work: () => Promise<T>): Promise<T> {
    const start = performance.now();
    try {
      return await work();
    } finally {
      this.#timings[phase] = (this.#timings[phase] ?? 0) + Math.round(performance.now() - start);
    }
  }

  get timings(): Readonly<Partial<Record<Phase, number>>> {
    return this.#timings;
  }

  get elapsed(): number {
    return Math.round(performance.now() - this.#start);
  }
}
