import { cutMiddle } from './markdown.js';
import type { RunReport } from './report.js';

const MOST_FOLDERS = 5;
const MOST_CHARACTERS = 200;

/** What is said of a toolchain that is not wholly part of the action; nothing of one that is. */
export function cutLines({ toolchain: { cut } }: RunReport): readonly string[] {
  if (cut.length === 0) return [];
  const named = cut.slice(0, MOST_FOLDERS).map((folder) => cutMiddle(folder, MOST_CHARACTERS));
  const more = cut.length - named.length;
  const list = [...named, ...(more > 0 ? [`${more} more`] : [])].join(', ');
  return [`too large to be looked at as a whole, so not every change of it counts: ${list}`];
}
