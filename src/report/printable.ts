/** Twice the longest path; a message that is longer tells nothing more. */
const MOST_CHARACTERS = 8192;

/** User and password of an address, which git, pip and apt write into what they say. */
const LOGIN = /(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/'"]+@/gi;

/**
 * Text that may hold anything (file names, a program's output) as one line that is safe to show: control and format
 * characters, which could move a terminal's cursor, begin a new line or hide text, are written as escapes, and the
 * login of an address is left out.
 */
export function printable(text: string): string {
  const shown = text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS - 1)}…` : text;
  return shown.replace(LOGIN, '$1…@').replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    if (character === '\t') return '  ';
    if (character === '\n') return '\\n';
    if (character === '\r') return '\\r';
    const code = (character.codePointAt(0) ?? 0).toString(16);
    return code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u${code.padStart(4, '0')}`;
  });
}
