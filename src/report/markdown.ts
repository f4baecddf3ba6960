import { printable } from './printable.js';

/**
 * Text from outside (a path, a command) set as code in GitHub's Markdown, wherever inline text may stand, table cells
 * too. In <code> GitHub leaves `@mention`, `#1` and `:emoji:` alone, which no escape would keep it from reading.
 */
export function code(text: string, most = 200): string {
  return `<code>${escape(cutMiddle(text, most))}</code>`;
}

/** Text from outside as a sentence: what GitHub would link or draw is parted by a space that is not seen. */
export function prose(text: string, most = 1000): string {
  return escape(cutMiddle(text, most)).replace(/&#(?:35|58|64);(?=\w)/g, '$&&#8203;');
}

/** A builder: its address as a link, a GitHub run by its name; whatever is no address of the web as code. */
export function linkOrCode(text: string): string {
  if (text === '') return 'an unknown builder';
  if (text.length > 500 || !/^https?:\/\/[^\s"<>]+$/.test(text)) return code(text);
  const run = /^https:\/\/[^/]+\/([^/]+\/[^/]+)\/actions\/runs\/(\d+)/.exec(text);
  const name = run?.[1] === undefined ? text : `${run[1]} run ${run[2] ?? ''}`;
  return `<a href="${escape(text)}">${escape(name)}</a>`;
}

/** Lines as a code block, whatever fences they hold themselves. */
export function codeBlock(lines: readonly string[]): string {
  const longest = Math.max(2, ...lines.flatMap((line) => line.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest + 1);
  return [`${fence}text`, ...lines.map(printable), fence].join('\n');
}

export interface Column {
  readonly title: string;
  readonly align: 'left' | 'right';
}

/** A table whose cells are Markdown already. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const lines = [
    columns.map(({ title }) => title),
    columns.map(({ align }) => (align === 'left' ? ':--' : '--:')),
    ...rows,
  ];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

export function details(summary: string, body: string): string {
  return `<details><summary>${summary}</summary>\n\n${body}\n\n</details>`;
}

/** At most so many characters, `…` in the middle for the rest: of a path the end tells as much as the beginning. */
export function cutMiddle(text: string, most: number): string {
  const characters = Array.from(text);
  if (characters.length <= most) return text;
  const end = Math.floor((most - 1) / 2);
  return [...characters.slice(0, most - 1 - end), '…', ...characters.slice(-end)].join('');
}

/** Every character that could mean something as an entity, which Markdown takes for the character itself. */
function escape(text: string): string {
  return printable(text)
    .replace(/[^\p{L}\p{N} ./,-]/gu, (character) => `&#${character.codePointAt(0) ?? 0};`)
    .replace(/www\./gi, (address) => `${address.slice(0, 3)}&#46;`)
    .replace(/^ | $| (?= )/g, '&#160;');
}
