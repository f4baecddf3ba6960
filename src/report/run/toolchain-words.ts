import { cutMiddle } from '../markdown.js';
import type { RunReport } from './report.js';

const MOST_FOLDERS = 5;
const MOST_CHARACTERS = 200;

/** What is said of a toolchain that is not wholly part of the action; nothing of one that is. */
export function cutLines({ toolchain: { cut } }: RunReport): readonly string[] {
  if (cut.length === 0) return [];
  return [`too large to be looked at as a whole, so not every change of it counts: ${listed(cut)}`];
}

/** The same of files that are many and decide little; on most machines there are such, so that the log does not tell it. */
export function bySizeLines({ toolchain: { bySize } }: RunReport): readonly string[] {
  return bySize.length === 0
    ? []
    : [`files that are neither programs, libraries nor headers, beyond the first of them: ${listed(bySize)}`];
}

function listed(folders: readonly string[]): string {
  const named = folders.slice(0, MOST_FOLDERS).map((folder) => cutMiddle(folder, MOST_CHARACTERS));
  const more = folders.length - named.length;
  return [...named, ...(more > 0 ? [`${more} more`] : [])].join(', ');
}
