/** A line longer than this is passed on in pieces. */
const LONGEST_LINE = 64 * 1024;
const NEWLINE = 0x0a;

/** Holds back what is not yet a whole line, so that the lines of two streams are not mixed with one another. */
export class LineBuffer {
  #rest: readonly Buffer[] = [];
  #length = 0;

  /** Takes a chunk and gives the lines that are whole now, or nothing. */
  push(chunk: Buffer): Buffer {
    const end = chunk.lastIndexOf(NEWLINE) + 1;
    const whole = end === 0 ? [] : [...this.#rest, chunk.subarray(0, end)];
    this.#keep([...(end === 0 ? this.#rest : []), Buffer.from(chunk.subarray(end))]);
    return Buffer.concat(this.#length > LONGEST_LINE ? [...whole, this.end()] : whole);
  }

  /** Gives the rest, as a line of its own. */
  end(): Buffer {
    const last = this.#length > 0 ? [...this.#rest, Buffer.of(NEWLINE)] : [];
    this.#keep([]);
    return Buffer.concat(last);
  }

  #keep(rest: readonly Buffer[]): void {
    this.#rest = rest;
    this.#length = rest.reduce((sum, part) => sum + part.length, 0);
  }
}
