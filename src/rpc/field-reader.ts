/** The wire types of protobuf's encoding: the lowest three bits of a tag. */
const VARINT = 0;
const EIGHT_BYTES = 1;
const LENGTH_DELIMITED = 2;
const FOUR_BYTES = 5;

/**
 * Walks through the fields of an encoded message (protobuf.dev, "Encoding") without making objects of them: for
 * messages with so many parts that the objects would fill the memory.
 */
export class FieldReader {
  /** Number and wire type of the field. */
  tag = 0;
  /** Of a length-delimited field, where its content begins and ends. */
  start = 0;
  end = 0;
  /** Of a field that is a number. */
  value = 0;

  constructor(
    private readonly bytes: Buffer,
    private at = 0,
    private readonly limit = bytes.length,
  ) {}

  /**
   * Goes to the next field; false after the last.
   *
   * @throws RangeError when the message is malformed
   */
  next(): boolean {
    if (this.at >= this.limit) return false;
    this.tag = this.#varint();
    switch (this.tag & 7) {
      case VARINT:
        this.value = this.#varint();
        break;
      case EIGHT_BYTES:
        this.at += 8;
        break;
      case LENGTH_DELIMITED:
        this.end = this.#varint();
        this.start = this.at;
        this.at = this.end += this.start;
        break;
      case FOUR_BYTES:
        this.at += 4;
        break;
      default:
        throw new RangeError(`the message has a field of an unknown kind, ${this.tag}`);
    }
    if (this.at > this.limit) throw new RangeError('the message is cut short');
    return true;
  }

  /** The fields of the message that the field is. */
  inside(): FieldReader {
    return new FieldReader(this.bytes, this.start, this.end);
  }

  /** The text that the field is, of characters of one byte. */
  latin1(): string {
    return this.bytes.toString('latin1', this.start, this.end);
  }

  /** What the field holds, in the memory of the message. */
  content(): Buffer {
    return this.bytes.subarray(this.start, this.end);
  }

  #varint(): number {
    let value = 0;
    for (let scale = 1; this.at < this.limit; scale *= 0x80) {
      const byte = this.bytes[this.at++] ?? 0;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw new RangeError('the message is cut short');
  }
}
