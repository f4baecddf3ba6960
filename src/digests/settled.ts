/** When a file was last changed, in milliseconds since 1970. */
export interface ChangeTimes {
  readonly mtimeMs: number;
  readonly ctimeMs: number;
}

/** The kernel's clock for time stamps ticks every few milliseconds. */
const FINE_GRAIN = 100;

/** The coarsest known stamps are FAT's, of two seconds. */
const COARSE_GRAIN = 2100;

/**
 * The moment, in milliseconds since 1970, from which on another change of the file would show in its status. What was
 * read of it before may be of a content that has the same status as the next one.
 *
 * A stamp of whole seconds is that of a file system that knows no finer ones (ext3, FAT, HFS+, some servers). Programs
 * set the modification time as they like, so the change time tells.
 */
export function settledFrom({ mtimeMs, ctimeMs }: ChangeTimes): number {
  const grain = ctimeMs % 1000 === 0 ? COARSE_GRAIN : FINE_GRAIN;
  return Math.max(mtimeMs, ctimeMs) + grain;
}
