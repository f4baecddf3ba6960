const ZERO_WIDTH = /^[\p{M}\p{Cf}]+$/u;
const DOUBLE_WIDTH =
  /[\p{Emoji_Presentation}\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/u;

/** Cuts a line so that it takes at most so many columns of a terminal; `…` stands for what is missing. */
export function fitWidth(line: string, columns: number): string {
  let used = 0;
  let kept = '';
  for (const { segment } of new Intl.Segmenter().segment(line)) {
    used += widthOf(segment);
    if (used > columns) return cutShort(kept, columns);
    kept += segment;
  }
  return kept;
}

function cutShort(line: string, columns: number): string {
  const segments = Array.from(new Intl.Segmenter().segment(line), ({ segment }) => segment);
  let used = segments.reduce((width, segment) => width + widthOf(segment), 0);
  while (used > columns - 1) used -= widthOf(segments.pop() ?? '');
  return columns < 1 ? '' : `${segments.join('')}…`;
}

function widthOf(segment: string): number {
  if (ZERO_WIDTH.test(segment)) return 0;
  return DOUBLE_WIDTH.test(segment) ? 2 : 1;
}
