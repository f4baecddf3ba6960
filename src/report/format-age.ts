import { formatDuration } from './format-quantity.js';

const DAY = 86_400_000;

/** Milliseconds for people, in days where it is two or more: `14 days`, `1 h 4 min`. */
export function formatAge(milliseconds: number): string {
  return milliseconds < 2 * DAY ? formatDuration(milliseconds) : `${Math.round(milliseconds / DAY)} days`;
}
