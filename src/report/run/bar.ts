/**
 * A bar of text for a share between 0 and 1, at most `width` characters long. Its two characters are in practically
 * every fixed-width font; finer ones come from other fonts and do not line up.
 */
export function bar(share: number, width: number): string {
  const halves = Math.round(Math.min(Math.max(share, 0), 1) * width * 2);
  return '█'.repeat(Math.floor(halves / 2)) + (halves % 2 === 1 ? '▌' : '');
}

/** A bar in its frame: `width` characters, filled up to the share. */
export function gauge(share: number, width: number): string {
  const filled = Math.round(Math.min(Math.max(share, 0), 1) * width);
  return '█'.repeat(filled) + '░'.repeat(width - filled);
}
