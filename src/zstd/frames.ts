/** A piece of a frame, and whether the frame ends with it. */
export interface FramePart {
  readonly bytes: Uint8Array;
  readonly ends: boolean;
}

const FRAME = 0xfd2fb528;
/** The last hexadecimal digit of a skippable frame's number is free. */
const SKIPPABLE = 0x184d2a50;
const DICTIONARY_BYTES = [0, 1, 2, 4] as const;
const CONTENT_SIZE_BYTES = [0, 2, 4, 8] as const;
const REPEATED_BYTE = 1;

type Field = 'magic' | 'skippable size' | 'descriptor' | 'block';

/**
 * Finds the ends of the frames in a zstd stream (RFC 8878, section 3), because Node's decompressors stop silently at
 * the end of the first. Leaves skippable frames out.
 */
export class FrameSplitter {
  #field: Field = 'magic';
  #wanted = 4;
  #gathered: number[] = [];
  /** Bytes that go by unread before the next field. */
  #passing = 0;
  #checksum = 0;
  #skippable = false;
  /** What has been passed is the frame's last. */
  #last = false;

  /** Whether everything given so far ends with the end of a frame. */
  get complete(): boolean {
    return this.#field === 'magic' && this.#gathered.length === 0 && this.#passing === 0;
  }

  /**
   * The parts in the next piece of the stream.
   *
   * @throws Error when it is no zstd stream
   */
  *split(bytes: Uint8Array): Generator<FramePart, void, undefined> {
    let start = 0;
    for (let at = 0; at < bytes.length;) {
      if (this.#passing > 0) {
        const passed = Math.min(this.#passing, bytes.length - at);
        this.#passing -= passed;
        at += passed;
      } else {
        this.#gathered.push(bytes[at++] ?? 0);
        const magic = this.#field === 'magic';
        if (this.#gathered.length === this.#wanted) {
          const field = this.#gathered.splice(0);
          this.#read(field);
          if (magic && !this.#skippable) yield { bytes: Uint8Array.from(field), ends: false };
        }
        // A frame's number is handed on only when it is known to be none of a skippable one.
        if (magic) start = at;
      }
      if (!this.#last || this.#passing > 0) continue;
      if (!this.#skippable) yield { bytes: bytes.subarray(start, at), ends: true };
      this.#expect('magic', 4);
      this.#last = this.#skippable = false;
      start = at;
    }
    if (start < bytes.length && !this.#skippable) yield { bytes: bytes.subarray(start), ends: false };
  }

  #read(field: readonly number[]): void {
    const number = field.reduceRight((sum, byte) => sum * 256 + byte, 0);
    if (this.#field === 'magic') this.#readMagic(number);
    else if (this.#field === 'skippable size') this.#pass(number, true);
    else if (this.#field === 'descriptor') this.#readDescriptor(number);
    else this.#readBlock(number);
  }

  #readMagic(number: number): void {
    this.#skippable = (number & ~0xf) >>> 0 === SKIPPABLE;
    if (this.#skippable) this.#expect('skippable size', 4);
    else if (number === FRAME) this.#expect('descriptor', 1);
    else throw new Error(`no zstd frame begins with 0x${number.toString(16)}`);
  }

  #readDescriptor(descriptor: number): void {
    const singleSegment = (descriptor & 0x20) !== 0;
    const contentSize = CONTENT_SIZE_BYTES[(descriptor >> 6) as 0 | 1 | 2 | 3];
    const window = singleSegment ? 0 : 1;
    this.#checksum = (descriptor & 4) !== 0 ? 4 : 0;
    this.#expect('block', 3);
    const shortSize = contentSize === 0 && singleSegment ? 1 : contentSize;
    this.#pass(window + DICTIONARY_BYTES[(descriptor & 3) as 0 | 1 | 2 | 3] + shortSize, false);
  }

  #readBlock(header: number): void {
    const last = (header & 1) !== 0;
    const type = (header >> 1) & 3;
    const bytes = type === REPEATED_BYTE ? 1 : header >> 3;
    this.#pass(bytes + (last ? this.#checksum : 0), last);
  }

  #expect(field: Field, bytes: number): void {
    this.#field = field;
    this.#wanted = bytes;
  }

  #pass(bytes: number, last: boolean): void {
    this.#passing = bytes;
    this.#last = last;
  }
}
