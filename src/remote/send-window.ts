import { TransferWindow } from './window.js';

/** The window of streams that are sent side by side: what is sent leaves it when it is known to have arrived. */
export class SendWindow {
  readonly #window = new TransferWindow();
  readonly #waiting = new Set<() => void>();
  #underWay = 0;

  /** What is worth asking after: often enough that a full window never keeps the link waiting. */
  get segment(): number {
    return this.#window.size / 4;
  }

  admits(bytes: number): boolean {
    return this.#window.admits(bytes, this.#underWay);
  }

  /**
   * Waits until so much more may be sent.
   *
   * @throws the signal's reason
   */
  async enter(bytes: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    while (!this.admits(bytes)) {
      await this.#change(signal);
      signal.throwIfAborted();
    }
    this.#underWay += bytes;
  }

  arrived(bytes: number): void {
    this.#window.moved(bytes);
    this.leave(bytes);
  }

  /** So much is given up. */
  leave(bytes: number): void {
    this.#underWay -= bytes;
    for (const wake of this.#waiting) wake();
  }

  #change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.#waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal.addEventListener('abort', wake);
    });
  }
}
