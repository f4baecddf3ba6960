/** Things that come one by one, for one reader who takes all that have come since. */
export class Gathered<T> implements AsyncIterable<readonly T[]> {
  #things: T[] = [];
  #closed = false;
  #wakeReader: () => void = () => undefined;

  add(thing: T): void {
    this.#things.push(thing);
    this.#wakeReader();
  }

  /** Nothing more comes. */
  close(): void {
    this.#closed = true;
    this.#wakeReader();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<readonly T[], void, undefined> {
    for (;;) {
      const things = this.#things;
      this.#things = [];
      if (things.length > 0) yield things;
      else if (this.#closed) return;
      else await new Promise<void>((resolve) => (this.#wakeReader = resolve));
    }
  }
}
