import { join, posix, relative } from 'node:path';
import { InputError } from '../errors.js';
import { hasGitName } from '../reapi/git-name.js';
import { linkOnTheWay } from './linked-folder.js';

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

/**
 * Makes sure that what we are to write in the workspace lies where its path says, and not in a repository's own folder.
 *
 * @param path absolute, in the workspace or not: elsewhere it is the user's own choice
 * @throws InputError
 */
export function confirmPlace(input: string, value: string, workspace: string, path: string): void {
  const inside = relative(workspace, path);
  if (inside === '..' || inside.startsWith('../')) return;
  if (hasGitName(inside)) {
    throw new InputError(input, value, "It lies in a repository's own folder, `.git`; name another place.");
  }
  const link = linkOnTheWay(workspace, path);
  if (link === undefined) return;
  const wanted = 'no symlink is followed to write it: remove that one, or name the folder that it leads to.';
  throw new InputError(input, value, `${relative(workspace, link)} is a symlink, and ${wanted}`);
}

/** @param workingDirectory relative to the workspace */
export function confirmOutputs(
  outputs: readonly string[],
  workspace: string,
  workingDirectory: string,
): void {
  for (const output of outputs) {
    confirmPlace('outputs', output, workspace, join(workspace, workingDirectory, output));
  }
}
