import { stripVTControlCharacters } from 'node:util';

const KEPT_BYTES = 16 * 1024;

/** Remembers the end of a build's output, to be shown where the whole is folded away. */
export class LogTail {
  #tail = Buffer.alloc(0);
  #cut = false;

  push(bytes: Buffer): void {
    const all = Buffer.concat([this.#tail, bytes.subarray(-KEPT_BYTES)]);
    this.#cut ||= all.length > KEPT_BYTES || bytes.length > KEPT_BYTES;
    this.#tail = all.subarray(-KEPT_BYTES);
  }

  /** The last lines, at most so many, without a terminal's control sequences. */
  lines(most: number): readonly string[] {
    const lines = stripVTControlCharacters(this.#tail.toString())
      .replace(/\s+$/, '')
      .split(/\r\n|\n|\r/);
    // Where bytes were dropped the first line may be the end of one.
    const whole = this.#cut && lines.length > 1 ? lines.slice(1) : lines;
    return whole.length === 1 && whole[0] === '' ? [] : whole.slice(-most);
  }
}
