import { printable } from '../report/printable.js';

/**
 * A line for the runner's log that it does not take for a workflow command, whatever the text holds. The runner reads
 * one where a line begins with `::`, white space aside, or holds `##[` anywhere, and compares as the machine's language
 * does, which overlooks some characters: so the mark in front of such a line is one that is seen.
 */
export function plainLine(text: string): string {
  return noCommand(printable(text));
}

/** The same of a line that is safe to show already, colours and all. */
export function noCommand(text: string): string {
  const line = text.replaceAll('##[', '## [');
  return /^[^\p{L}\p{N}\x21-\x39\x3b-\x7e]*:/u.test(line) ? `| ${line}` : line;
}
