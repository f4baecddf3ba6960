import { Writable } from 'node:stream';

/** A stream that keeps what is written to it, on a terminal or on a pipe. */
export class FakeStream extends Writable {
  readonly #chunks: Buffer[] = [];

  constructor(
    readonly isTTY: boolean,
    readonly columns = 80,
    private readonly onWrite: (chunk: Buffer) => void = () => undefined,
  ) {
    super();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#chunks.push(chunk);
    this.onWrite(chunk);
    done();
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString();
  }
}

/** What stands on a terminal's screen after these bytes: `\r` goes back, `ESC[K` takes the rest of the line away. */
export function screenOf(text: string): string {
  return text
    .split('\n')
    .map((line) => line.split('\r').reduce(overwrite, ''))
    .join('\n');
}

function overwrite(line: string, part: string): string {
  const erased = part.startsWith('\u001b[K');
  const fresh = erased ? part.slice(3) : part;
  return erased ? fresh : fresh + line.slice(fresh.length);
}
