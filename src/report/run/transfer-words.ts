import { formatBytes, formatCount } from '../format-quantity.js';

/** How far a transfer is. */
export interface TransferState {
  readonly blobs: number;
  readonly bytes: number;
  /** All that is to be moved, as far as it is known yet. */
  readonly all: { readonly blobs: number; readonly bytes: number; readonly known: boolean };
  /** Bytes a second, of late. */
  readonly speed: number;
}

/** `123 of 4,000 blobs, 45 of 300 MB, 11 MB/s`; without the whole while that is not known. */
export function transferWords({ blobs, bytes, all, speed }: TransferState): string {
  const amount = all.known
    ? `${formatCount(blobs, '', '').trim()} of ${formatCount(all.blobs, 'blob')}, ${bytesOf(bytes, all.bytes)}`
    : `${formatCount(blobs, 'blob')}, ${formatBytes(bytes)}`;
  return `${amount}, ${formatBytes(Math.round(speed))}/s`;
}

/** The unit once, where it is the same. */
function bytesOf(part: number, whole: number): string {
  const [partText, wholeText] = [formatBytes(part), formatBytes(whole)];
  const unit = wholeText.slice(wholeText.indexOf(' '));
  return `${partText.endsWith(unit) ? partText.slice(0, -unit.length) : partText} of ${wholeText}`;
}
