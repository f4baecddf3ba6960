import type { Writable } from 'node:stream';
import { formatDuration } from '../../report/format-quantity.js';
import { writePatiently } from '../write-patiently.js';
import { fitWidth } from './fit-width.js';

export type TerminalStream = Writable & { readonly isTTY?: boolean; readonly columns?: number };

export interface Streams {
  readonly stdout: TerminalStream;
  readonly stderr: TerminalStream;
}

const REDRAW_MILLISECONDS = 200;
/** A phase shorter than this is not shown: a line that flashes tells nothing. */
const QUIET_MILLISECONDS = 300;
const TIMED_FROM_MILLISECONDS = 2000;
const ERASE_LINE = '\r\x1b[K';
const USUAL_COLUMNS = 80;

/**
 * What stands on the terminal: the lines that stay, the build's own output, and below them one progress line, which is
 * taken away before anything else is written and drawn again only at the beginning of a line.
 */
export class Screen {
  #phase: { readonly text: string; readonly since: number } | undefined;
  #drawn = false;
  #atLineStart = true;
  #timer: NodeJS.Timeout | undefined;

  /** @param live whether there is a progress line at all */
  constructor(
    private readonly streams: Streams,
    private readonly live: boolean,
  ) {}

  /** Shows what is being done, until something else is or the progress ends. */
  progress(text: string): void {
    if (!this.live) return;
    this.#phase = { text, since: performance.now() };
    if (this.#drawn) this.#draw();
    this.#timer ??= setInterval(() => this.#draw(), REDRAW_MILLISECONDS).unref();
  }

  /** Puts it into other words, at the next redraw. */
  reword(text: string): void {
    if (this.#phase !== undefined) this.#phase = { ...this.#phase, text };
  }

  endProgress(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#phase = undefined;
    this.#erase();
  }

  /** Writes a line of our own, on a line of its own. */
  line(stream: keyof Streams, text: string): void {
    this.#erase();
    const separator = this.#atLineStart ? '' : '\n';
    this.#atLineStart = true;
    this.streams[stream].write(`${separator}${text}\n`);
  }

  /** Writes bytes that are not ours, untouched, and waits for a slow reader. */
  async pass(stream: keyof Streams, bytes: Buffer, signal?: AbortSignal): Promise<void> {
    if (bytes.length === 0) return;
    if (this.streams[stream].isTTY === true) {
      this.#erase();
      this.#atLineStart = bytes.at(-1) === 0x0a;
    }
    await writePatiently(this.streams[stream], bytes, signal);
  }

  #draw(): void {
    if (this.#phase === undefined || !this.#atLineStart) return;
    const elapsed = performance.now() - this.#phase.since;
    if (elapsed < QUIET_MILLISECONDS && !this.#drawn) return;
    const time =
      elapsed < TIMED_FROM_MILLISECONDS ? '' : ` · ${formatDuration(Math.floor(elapsed / 1000) * 1000)}`;
    const columns = this.streams.stderr.columns ?? 0;
    // The last column stays free: some terminals wrap as soon as it is filled.
    const width = (columns > 0 ? columns : USUAL_COLUMNS) - 1;
    this.streams.stderr.write(`${ERASE_LINE}${fitWidth(`… ${this.#phase.text}${time}`, width)}`);
    this.#drawn = true;
  }

  #erase(): void {
    if (!this.#drawn) return;
    this.#drawn = false;
    this.streams.stderr.write(ERASE_LINE);
  }
}
