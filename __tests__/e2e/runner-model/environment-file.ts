/**
 * Reads what a step wrote to GITHUB_OUTPUT, GITHUB_STATE or GITHUB_ENV: `NAME=VALUE`, or `NAME<<DELIMITER` with the
 * value in the lines up to the one that is the delimiter.
 */
export function parseEnvironmentFile(text: string): Record<string, string> {
  const lines = text.split('\n');
  const values: Record<string, string> = {};
  for (let line = lines.shift(); line !== undefined; line = lines.shift()) {
    if (line === '') continue;
    const equals = line.indexOf('=');
    const heredoc = line.indexOf('<<');
    if (equals >= 0 && (heredoc < 0 || equals < heredoc)) {
      values[line.slice(0, equals)] = line.slice(equals + 1);
    } else if (heredoc > 0 && heredoc + 2 < line.length) {
      values[line.slice(0, heredoc)] = takeUntil(line.slice(heredoc + 2), lines);
    } else {
      throw new Error(`the runner refuses the line ${JSON.stringify(line)}`);
    }
  }
  return values;
}

function takeUntil(delimiter: string, lines: string[]): string {
  const end = lines.indexOf(delimiter);
  if (end < 0) throw new Error(`the runner finds no delimiter ${delimiter}`);
  return lines
    .splice(0, end + 1)
    .slice(0, -1)
    .join('\n');
}
