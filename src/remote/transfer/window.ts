import type { Gate } from '../../async/side-by-side.js';

/** What may be under way at the beginning: little enough that a slow link answers for it before it counts as stalled. */
const FIRST = 512 * 1024;
/** The same where other answers have shown that the link is fast: the server may still be slow to keep what comes. */
const MOST_HEARD = 2.5 * 1024 * 1024;
const LARGEST = 6 * 1024 * 1024;
/** As much may be under way as moves in this time, in seconds. */
const REACH = 2;
/** An answer makes room for so many times its bytes: with less a link idles at first, with more a burst is believed. */
const GROWTH = 4;

/**
 * How many bytes may be under way at once. It grows with every answer, as long as the link keeps up, so that a fast
 * link is filled and a slow one still answers every few seconds.
 */
export class TransferWindow {
  readonly #made: number;
  #started: number | undefined;
  #size = FIRST;
  #moved = 0;
  #heard = 0;
  #tell: () => void = () => undefined;
  #changed = this.#nextChange();

  constructor(private readonly now: () => number = () => performance.now()) {
    this.#made = now();
  }

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
    const reach = Math.max(FIRST, this.#reach(this.#moved, this.#started));
    this.#resize(Math.min(LARGEST, reach, this.#size + GROWTH * bytes));
  }

  /** Other calls over the same link have moved so much. */
  heard(bytes: number): void {
    this.#heard += bytes;
    if (this.#moved > 0) return; // It knows better by itself.
    this.#resize(Math.max(this.#size, Math.min(MOST_HEARD, this.#reach(this.#heard, this.#made))));
  }

  #reach(bytes: number, since = this.#made): number {
    return (bytes / Math.max(1, this.now() - since)) * 1000 * REACH;
  }

  #resize(size: number): void {
    this.#size = size;
    this.#tell();
    this.#changed = this.#nextChange();
  }

  #nextChange(): Promise<void> {
    return new Promise((resolve) => (this.#tell = resolve));
  }
}

/** Admits as many pieces as their bytes fit into a window. */
export function windowGate<Piece>(window: TransferWindow, bytesOf: (piece: Piece) => number): Gate<Piece> {
  let underWay = 0;
  return {
    admits: (piece) => window.admits(bytesOf(piece), underWay),
    get changed() {
      return window.changed;
    },
    started: (piece) => (underWay += bytesOf(piece)),
    ended: (piece, well) => {
      underWay -= bytesOf(piece);
      if (well) window.moved(bytesOf(piece));
    },
  };
}
