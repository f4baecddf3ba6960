import { createHash } from 'node:crypto';

const SEAL_LENGTH = 64;

/** Puts a checksum before a text, so that damage on the disk is noticed. It is no signature: anybody can make one. */
export function seal(text: string): string {
  return `${sealOf(Buffer.from(text))}\n${text}`;
}

/** The text, or undefined where it is not as it was sealed. */
export function unseal(bytes: Buffer): string | undefined {
  const text = bytes.subarray(SEAL_LENGTH + 1);
  const isWhole = bytes.subarray(0, SEAL_LENGTH + 1).toString('latin1') === `${sealOf(text)}\n`;
  return isWhole ? text.toString('utf8') : undefined;
}

function sealOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
