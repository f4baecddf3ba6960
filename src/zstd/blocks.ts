const FRAME = 0xfd2fb528;
const CONTENT_SIZE_BYTES = [0, 2, 4, 8] as const;
const REPEATED_BYTE = 1;
const RESERVED = 3;
const MOST_BLOCK = 128 * 1024;
const CHECKSUM_BYTES = 4;
/** What fzstd reads at most; zstd's usual levels need at most 8 MiB. */
const MOST_WINDOW = 2 ** 25;

type Field = 'magic' | 'descriptor' | 'window' | 'content size' | 'block';

/**
 * Follows the one zstd frame that a pack is (RFC 8878, section 3.1.1), from the outside: where its blocks end, and
 * that nothing lacks and nothing follows. Decompressors stop silently at the end of the first frame, or go on to
 * another; and the largest window, not the content, decides what memory they take.
 */
export class ZstdBlocks {
  #field: Field = 'magic';
  #wanted = 4;
  #read = 0;
  #number = 0;
  /** Bytes of a block, and of what follows it, that go by before the next field. */
  #passing = 0;
  #contentSizeBytes = 0;
  #singleSegment = false;
  #checksum = 0;
  #last = false;
  #complete = false;

  /** Whether the frame has come to its end. */
  get complete(): boolean {
    return this.#complete;
  }

  /**
   * Cuts the next bytes of the file where blocks end.
   *
   * @throws Error in words that say what is wrong with the frame
   */
  *split(bytes: Uint8Array): Generator<Uint8Array, void, undefined> {
    let start = 0;
    for (let at = 0; at < bytes.length;) {
      if (this.#complete) throw new Error('something follows its end');
      const passed = Math.min(this.#passing, bytes.length - at);
      if (passed > 0) {
        this.#passing -= passed;
        at += passed;
      } else {
        this.#number += (bytes[at++] ?? 0) * 2 ** (8 * this.#read++);
        if (this.#read < this.#wanted || !this.#take(this.#number)) continue;
      }
      if (this.#passing > 0) continue;
      this.#complete = this.#last;
      yield bytes.subarray(start, at);
      start = at;
    }
    if (start < bytes.length) yield bytes.subarray(start);
  }

  /** Whether a block begins. */
  #take(number: number): boolean {
    const field = this.#field;
    if (field === 'magic') this.#takeMagic(number);
    else if (field === 'descriptor') this.#takeDescriptor(number);
    else if (field === 'window') this.#takeWindow(number);
    else if (field === 'content size') this.#takeContentSize(number);
    else this.#takeBlock(number);
    return field === 'block';
  }

  #takeMagic(number: number): void {
    if (number !== FRAME) throw new Error('it is no zstd frame');
    this.#expect('descriptor', 1);
  }

  #takeDescriptor(descriptor: number): void {
    if ((descriptor & 0b1011) !== 0) throw new Error('its frame is of a kind that no pack has');
    this.#checksum = (descriptor & 4) !== 0 ? CHECKSUM_BYTES : 0;
    this.#contentSizeBytes = CONTENT_SIZE_BYTES[(descriptor >> 6) as 0 | 1 | 2 | 3];
    this.#singleSegment = (descriptor & 0x20) !== 0;
    if (this.#singleSegment) this.#expect('content size', Math.max(this.#contentSizeBytes, 1));
    else this.#expect('window', 1);
  }

  #takeWindow(descriptor: number): void {
    const base = 2 ** (10 + (descriptor >> 3));
    refuseWindow(base + (base / 8) * (descriptor & 7));
    if (this.#contentSizeBytes > 0) this.#expect('content size', this.#contentSizeBytes);
    else this.#expect('block', 3);
  }

  #takeContentSize(bytes: number): void {
    if (this.#singleSegment) refuseWindow(bytes); // All of the content is then the window.
    this.#expect('block', 3);
  }

  #takeBlock(header: number): void {
    const type = (header >> 1) & 3;
    const bytes = header >> 3;
    if (type === RESERVED || bytes > MOST_BLOCK) throw new Error('one of its blocks is none');
    this.#last = (header & 1) !== 0;
    this.#passing = (type === REPEATED_BYTE ? 1 : bytes) + (this.#last ? this.#checksum : 0);
    this.#expect('block', 3);
  }

  #expect(field: Field, bytes: number): void {
    this.#field = field;
    this.#wanted = bytes;
    this.#number = this.#read = 0;
  }
}

function refuseWindow(bytes: number): void {
  if (bytes > MOST_WINDOW) throw new Error('its frame wants too much memory');
}
