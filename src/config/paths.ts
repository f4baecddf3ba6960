import { posix } from 'node:path';
import { InputError } from '../errors.js';

/** A path that stays below where it starts, without `.`, `..` or a slash at the end; `''` for the start itself. */
export function parseRelativePath(input: string, value: string): string {
  const path = posix.normalize(value).replace(/\/+$/, '');
  if (posix.isAbsolute(value) || path === '..' || path.startsWith('../') || value.includes('\0')) {
    throw new InputError(input, value, 'Give a relative path that does not lead out of the workspace.');
  }
  return path === '.' ? '' : path;
}

/** Output paths, each once. An output may not hold another one, nor be the working directory itself. */
export function parseOutputs(lines: readonly string[]): readonly string[] {
  const paths = [...new Set(lines.map((line) => parseOutput(line)))];
  for (const path of paths) {
    const outer = paths.find((other) => path.startsWith(`${other}/`));
    if (outer !== undefined) {
      throw new InputError(
        'outputs',
        path,
        `It lies inside the output "${outer}" already; name only one of them.`,
      );
    }
  }
  return paths;
}

function parseOutput(line: string): string {
  const path = parseRelativePath('outputs', line);
  if (path === '') {
    throw new InputError(
      'outputs',
      line,
      'Name files or folders below the working directory, not the folder itself.',
    );
  }
  return path;
}
