import { isUtf8 } from 'node:buffer';

/** In a regular expression with the flag `u` this finds only those that are no half of a pair. */
const LONE_SURROGATE = /[\ud800-\udfff]/u;
const ESCAPED_BYTE = /[\udc80-\udcff]/gu;

/**
 * Bytes that should be UTF-8, as text that loses none of them: what is not UTF-8 has its bytes beyond ASCII as U+DC80 to
 * U+DCFF, which no UTF-8 has. A decoder's usual U+FFFD gives two names one, and a file another name.
 */
export function textOf(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (isUtf8(buffer)) return buffer.toString();
  return buffer
    .toString('latin1')
    .replace(/[\x80-\xff]/g, (byte) => String.fromCharCode(0xdc00 + byte.charCodeAt(0)));
}

/** Whether the bytes of this text were UTF-8. */
export function wasUtf8(text: string): boolean {
  return !LONE_SURROGATE.test(text);
}

/** For people: a byte that is no text is spelled `\xe9`. */
export function shownText(text: string): string {
  return text.replace(ESCAPED_BYTE, (byte) => `\\x${(byte.charCodeAt(0) - 0xdc00).toString(16)}`);
}
