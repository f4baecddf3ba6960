import { compareUtf8 } from '../../reapi/order.js';
import type { Entry } from '../index/cache-index.js';

const HOUR = 3_600_000;
/** The clocks of two machines, each an hour off. */
const MOST_TOLERANCE = 2 * HOUR;

/**
 * Whether nobody has used an entry for longer than it is kept. Clocks that are up to an hour off expire nothing that
 * is kept for a day or longer.
 *
 * @param maxAge in milliseconds
 */
export function isUnused(entry: Entry, now: number, maxAge: number): boolean {
  return now - lastUse(entry, now) > maxAge + Math.min(MOST_TOLERANCE, maxAge / 12);
}

/** Entries in the order of their use, the latest first; everybody orders alike. */
export function newestFirst(entries: Iterable<Entry>, now: number): Entry[] {
  return [...entries].sort(
    (a, b) =>
      lastUse(b, now) - lastUse(a, now) ||
      b.writtenAt - a.writtenAt ||
      compareUtf8(a.digest.hash, b.digest.hash),
  );
}

/** Nothing was used in the future: whoever wrote so had a clock that is fast. */
function lastUse({ usedAt }: Entry, now: number): number {
  return Math.min(usedAt, now);
}
