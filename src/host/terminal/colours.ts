import type { Paint, Tone } from '../../report/run/closing-lines.js';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Whether to write colours to a stream: FORCE_COLOR decides where it is set (`0` and `false`: no), a NO_COLOR that is
 * not empty says no (no-color.org), and else a terminal gets them that is not `dumb`.
 */
export function wantsColours(isTerminal: boolean, environment: Environment): boolean {
  const forced = environment.FORCE_COLOR;
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  if (environment.NO_COLOR !== undefined && environment.NO_COLOR !== '') return false;
  return isTerminal && environment.TERM !== 'dumb';
}

/** The select-graphic-rendition codes that begin and end a tone (ECMA-48, 8.3.117). */
const CODES: Readonly<Record<Tone | 'warning', readonly [begin: string, end: string]>> = {
  good: ['32', '39'],
  bad: ['31', '39'],
  warning: ['33', '39'],
  strong: ['1', '22'],
  quiet: ['2', '22'],
};

export function paintWith(colours: boolean): Paint & ((tone: Tone | 'warning', text: string) => string) {
  if (!colours) return (_tone, text) => text;
  return (tone, text) => `\x1b[${CODES[tone][0]}m${text}\x1b[${CODES[tone][1]}m`;
}
