/**
 * Writes the fields of a message (protobuf.dev, "Encoding") into a buffer that has been measured before: for messages
 * with so many bytes in them that it counts how often these are copied.
 */
export class FieldWriter {
  #at = 0;

  constructor(private readonly bytes: Buffer) {}

  /** A field that is a number; or a tag and the length of what comes next. */
  field(tag: number, value: number): void {
    this.bytes[this.#at++] = tag;
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.bytes[this.#at++] = (rest % 0x80) | 0x80;
    this.bytes[this.#at++] = rest;
  }

  text(text: string): void {
    this.#at += this.bytes.write(text, this.#at);
  }

  copy(bytes: Uint8Array): void {
    this.bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  skip(bytes: number): void {
    this.#at += bytes;
  }
}

/** The bytes of a field with a tag of one byte that is a number. */
export function numberBytes(value: number): number {
  let bytes = 2;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes++;
  return bytes;
}

/** The bytes of a field with a tag of one byte that has so many bytes inside. */
export function contentBytes(inside: number): number {
  return numberBytes(inside) + inside;
}
