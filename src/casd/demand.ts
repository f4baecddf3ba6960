/** Who waits for casd: to do nothing is right for it only as long as nobody does. */
export class Demand {
  #transfers = 0;
  #sandbox: (() => Promise<boolean>) | undefined;

  /** Something of ours that casd takes. */
  async transfer<T>(call: Promise<T>): Promise<T> {
    this.#transfers += 1;
    try {
      return await call;
    } finally {
      this.#transfers -= 1;
    }
  }

  /**
   * A build, until it is disposed of, for which casd stages before the command runs and captures when it has ended.
   *
   * @param isRunning whether the command runs just now
   */
  build(isRunning: () => Promise<boolean>): Disposable {
    this.#sandbox = isRunning;
    return { [Symbol.dispose]: () => (this.#sandbox = undefined) };
  }

  async awaited(): Promise<'by-us' | 'perhaps' | 'no'> {
    if (this.#transfers > 0) return 'by-us';
    if (this.#sandbox === undefined) return 'no';
    return (await this.#sandbox()) ? 'no' : 'perhaps';
  }
}
