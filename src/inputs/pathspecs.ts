import { posix } from 'node:path';
import { InputError } from '../errors.js';

/** A pathspec in git's own notation, and as the user wrote it. */
export interface Pathspec {
  readonly written: string;
  readonly git: string;
  readonly excludes: boolean;
  /** The words or signs before the pattern, and the pattern. */
  readonly magic: readonly string[];
  readonly pattern: string;
}

/** A pathspec taken apart: its magic words or signs, and the pattern behind them (gitglossary, "pathspec"). */
const LONG = /^:\(([^)]*)\)(.*)$/s;
const SHORT = /^:([/!^]*):?(.*)$/s;

/**
 * Reads one line of the input `inputs`. `!x` means `:(exclude)x`, also before other magic: `!:(glob)x`.
 *
 * @throws InputError for a pathspec that cannot lie in the workspace, or is empty.
 */
export function parsePathspec(written: string): Pathspec {
  const git = written.startsWith('!') ? excluding(written.slice(1)) : written;
  const { magic, pattern } = takeApart(git);
  if (git === '' || (written.startsWith('!') && pattern === '')) {
    throw new InputError('inputs', written, 'It names no path; `.` is the whole workspace.');
  }
  const path = posix.normalize(pattern);
  if (path === '..' || path.startsWith('../') || path.startsWith('/')) {
    const wanted = 'Inputs are relative to the workspace and lie in it, for example `src` or `!docs/**`.';
    throw new InputError('inputs', written, wanted);
  }
  const excludes = magic.some((word) => ['exclude', '!', '^'].includes(word));
  return { written, git, excludes, magic, pattern };
}

function excluding(pathspec: string): string {
  const long = LONG.exec(pathspec);
  if (long) return `:(exclude,${long[1] ?? ''})${long[2] ?? ''}`;
  return pathspec.startsWith(':') ? `:^${pathspec.slice(1)}` : `:(exclude)${pathspec}`;
}

function takeApart(pathspec: string): { magic: string[]; pattern: string } {
  const long = LONG.exec(pathspec);
  if (long)
    return { magic: (long[1] ?? '').split(',').filter((word) => word !== ''), pattern: long[2] ?? '' };
  const short = SHORT.exec(pathspec);
  return short
    ? { magic: Array.from(short[1] ?? ''), pattern: short[2] ?? '' }
    : { magic: [], pattern: pathspec };
}
