import type { TransferState } from '../../report/run/transfer-words.js';

/** Milliseconds between two reports. */
const INTERVAL = 100;
/** The speed is that of so many intervals. */
const REMEMBERED = 30;

/** Follows transfers that belong together, and reports ten times a second at most how far they are. */
export class TransferProgress {
  readonly #all = { blobs: 0, bytes: 0, known: false };
  readonly #reported: { readonly time: number; readonly bytes: number }[] = [];
  #blobs = 0;
  #bytes = 0;

  constructor(
    private readonly report: (state: TransferState) => void,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** So much more is to be moved. */
  expect(blobs: number, bytes: number): void {
    if (this.#reported.length === 0) this.#reported.push({ time: this.now(), bytes: 0 });
    this.#all.blobs += blobs;
    this.#all.bytes += bytes;
  }

  /** Nothing more is to be expected, as far as is known. */
  settle(): void {
    this.#all.known = true;
  }

  /** So much has moved: below zero for what has to move again. */
  moved(blobs: number, bytes: number): void {
    this.#blobs += blobs;
    this.#bytes += bytes;
    const time = this.now();
    const last = this.#reported.at(-1);
    if (last !== undefined && time - last.time < INTERVAL) return;
    const before = this.#reported[0] ?? { time, bytes: this.#bytes };
    this.#reported.push({ time, bytes: this.#bytes });
    if (this.#reported.length > REMEMBERED) this.#reported.shift();
    const seconds = (time - before.time) / 1000;
    const speed = seconds > 0 ? Math.max(0, this.#bytes - before.bytes) / seconds : 0;
    this.report({ blobs: this.#blobs, bytes: this.#bytes, all: { ...this.#all }, speed });
  }
}

/** For whom nobody waits. */
export function untold(): TransferProgress {
  return new TransferProgress(() => undefined);
}
