/** What may be under way at the beginning: little enough that a slow link answers for it before it counts as stalled. */
const FIRST = 512 * 1024;
const LARGEST = 4 * 1024 * 1024;
/** As much may be under way as moves in this time, in seconds. */
const REACH = 2;
/** An answer makes room for so many times its bytes: with less a link idles at first, with more a burst is believed. */
const GROWTH = 4;

/**
 * How many bytes may be under way at once. It grows with every answer, as long as the link keeps up, so that a fast
 * link is filled and a slow one still answers every few seconds.
 */
export class TransferWindow {
  #size = FIRST;
  #moved = 0;
  #started: number | undefined;
  #tell: () => void = () => undefined;
  #changed = this.#nextChange();

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Resolves when the window is another: what it does not admit now it may admit then. */
  get changed(): Promise<void> {
    return this.#changed;
  }

  /** Whether a further piece may start beside those under way; one alone always may. */
  admits(bytes: number, underWay: number): boolean {
    this.#started ??= this.now();
    return underWay === 0 || underWay + bytes <= this.#size;
  }

  moved(bytes: number): void {
    this.#moved += bytes;
    const seconds = Math.max(0.001, (this.now() - (this.#started ?? 0)) / 1000);
    const reach = Math.max(FIRST, (this.#moved / seconds) * REACH);
    this.#size = Math.min(LARGEST, reach, this.#size + GROWTH * bytes);
    this.#tell();
    this.#changed = this.#nextChange();
  }

  #nextChange(): Promise<void> {
    return new Promise((resolve) => (this.#tell = resolve));
  }
}
