/** A log keeps every line: of what changes all the time it gets one in ten seconds. */
const INTERVAL = 10_000;

/** Lets a text through when the last one is long enough ago. */
export class Seldom {
  #last: number;

  constructor(private readonly now: () => number = () => performance.now()) {
    this.#last = now();
  }

  /** Something was told. */
  told(): void {
    this.#last = this.now();
  }

  /** Whether it is time to tell something, which is then told. */
  isTime(): boolean {
    if (this.now() - this.#last < INTERVAL) return false;
    this.told();
    return true;
  }
}
