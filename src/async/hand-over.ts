/**
 * Hands things from one part of the work to another, in order. Holds those that the reader has not taken yet, and has
 * the writer wait with more than a few.
 */
export class HandOver<T> implements AsyncIterable<T> {
  readonly #waiting: T[] = [];
  #closed = false;
  #wakeReader: () => void = () => undefined;
  #wakeWriters: (() => void)[] = [];

  /** @param most how many may wait to be taken before writers wait */
  constructor(private readonly most = Infinity) {}

  /** Resolves when there is room for more, or nobody reads any longer. */
  async push(thing: T): Promise<void> {
    this.#waiting.push(thing);
    this.#wakeReader();
    while (this.#waiting.length > this.most && !this.#closed) {
      await new Promise<void>((resolve) => this.#wakeWriters.push(resolve));
    }
  }

  /** Nothing more comes, or nothing more is taken. */
  close(): void {
    this.#closed = true;
    this.#wakeReader();
    this.#letWritersOn();
  }

  /** For one reader. When it stops early, nobody waits for it. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    try {
      for (;;) {
        for (let thing = this.#waiting.shift(); thing !== undefined; thing = this.#waiting.shift()) {
          this.#letWritersOn();
          yield thing;
        }
        if (this.#closed) return;
        await new Promise<void>((resolve) => (this.#wakeReader = resolve));
      }
    } finally {
      this.close();
    }
  }

  /** For one reader who takes all that have come since. */
  async *gathered(): AsyncGenerator<readonly T[], void, undefined> {
    for (;;) {
      const things = this.#waiting.splice(0);
      this.#letWritersOn();
      if (things.length > 0) yield things;
      else if (this.#closed) return;
      else await new Promise<void>((resolve) => (this.#wakeReader = resolve));
    }
  }

  #letWritersOn(): void {
    for (const wake of this.#wakeWriters.splice(0)) wake();
  }
}
