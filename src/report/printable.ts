/**
 * Text that may hold anything (file names, a program's output) as one line that is safe to show: control and format
 * characters, which could move a terminal's cursor, begin a new line or hide text, are written as escapes.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    if (character === '\t') return '  ';
    if (character === '\n') return '\\n';
    if (character === '\r') return '\\r';
    const code = (character.codePointAt(0) ?? 0).toString(16);
    return code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u${code.padStart(4, '0')}`;
  });
}
