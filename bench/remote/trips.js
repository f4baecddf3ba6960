/** The first bytes of every HTTP/2 connection (RFC 9113, section 3.4). */
const PREFACE_BYTES = 24;
const FRAME_HEAD_BYTES = 9;
const DATA = 0;
const HEADERS = 1;
const END_STREAM = 1;

/**
 * Counts round trips by cause and effect: a request that begins after an answer has come is one deeper than the request
 * of that answer. Requests side by side are one round trip. Setting a connection up is none.
 */
export class Trips {
  #answered = 0;
  /** Of the deepest request so far. */
  count = 0;

  /** Follows one connection; both methods take its bytes as they pass the client's end. */
  follow() {
    const depths = new Map();
    const requests = new Frames(PREFACE_BYTES, ({ type, stream }) => {
      if (type !== HEADERS || depths.has(stream)) return;
      depths.set(stream, this.#answered + 1);
      this.count = Math.max(this.count, this.#answered + 1);
    });
    const answers = new Frames(0, ({ type, flags, stream }) => {
      if ((type !== HEADERS && type !== DATA) || (flags & END_STREAM) === 0) return;
      this.#answered = Math.max(this.#answered, depths.get(stream) ?? 0);
    });
    return { sent: (bytes) => requests.read(bytes), received: (bytes) => answers.read(bytes) };
  }
}

/** Reads the heads of frames out of a stream (RFC 9113, section 4.1). */
class Frames {
  #head = Buffer.alloc(FRAME_HEAD_BYTES);
  #filled = 0;

  constructor(passing, onFrame) {
    this.passing = passing;
    this.onFrame = onFrame;
  }

  read(bytes) {
    for (let at = 0; at < bytes.length;) {
      const passed = Math.min(this.passing, bytes.length - at);
      this.passing -= passed;
      at += passed;
      if (this.passing > 0) return;
      const taken = bytes.copy(this.#head, this.#filled, at, at + FRAME_HEAD_BYTES - this.#filled);
      this.#filled += taken;
      at += taken;
      if (this.#filled < FRAME_HEAD_BYTES) return;
      this.#filled = 0;
      this.passing = this.#head.readUIntBE(0, 3);
      this.onFrame({
        type: this.#head[3],
        flags: this.#head[4],
        stream: this.#head.readUInt32BE(5) & 0x7fffffff,
      });
    }
  }
}
