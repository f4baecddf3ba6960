/** Buffers of one size to be used again: V8 frees large ones late, so that new ones pile up. */
export class BufferPool {
  readonly #free: Buffer[] = [];

  /** @param size of each, in bytes */
  constructor(private readonly size: number) {}

  /** A buffer of so many bytes, with anything in it. */
  take(bytes: number): Buffer {
    if (bytes > this.size) return Buffer.allocUnsafeSlow(bytes);
    return (this.#free.pop() ?? Buffer.allocUnsafeSlow(this.size)).subarray(0, bytes);
  }

  /** Nobody else may use it, or a part of it, any more. */
  give(buffer: Buffer): void {
    const { buffer: memory } = buffer;
    if (memory.byteLength === this.size) this.#free.push(Buffer.from(memory));
  }
}
