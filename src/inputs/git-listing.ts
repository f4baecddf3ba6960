import { join } from 'node:path';
import { Fault } from '../errors.js';
import { runGit, type Git } from './git-command.js';
import { joinNames, type RawName } from './names.js';
import { specialFile } from './repository.js';

/** What git says of a folder: what it tracks and what it would add. Names are relative to the folder. */
export interface GitListing {
  /** Files and symbolic links, also such as are deleted from the working tree. */
  readonly tracked: readonly RawName[];
  readonly untracked: readonly RawName[];
  readonly submodules: readonly RawName[];
  /** Repositories in the folder that are no submodules. */
  readonly repositories: readonly RawName[];
}

/** `git ls-files` with `-t` marks what is untracked, and with `--stage` tells the modes of what is tracked. */
const LIST = ['ls-files', '-z', '-t', '--stage', '--cached', '--others', '--exclude-standard'];
const GITLINK = '160000';

/**
 * Lists a folder of the repository whose working tree begins at `top`; undefined when git is not installed.
 *
 * @param leftOut paths relative to `top` in which git need not look for untracked files.
 */
export async function listWithGit(
  git: Git,
  top: string,
  folder: string,
  leftOut: readonly RawName[],
): Promise<GitListing | undefined> {
  const call = { gitDir: join(top, '.git'), workTree: top, directory: folder };
  const special = specialFile(call.gitDir);
  if (special !== undefined) {
    throw new Fault(`${special} is no file, and git would wait for it`, {
      remedy: `Repair the checkout, or remove ${call.gitDir} where it is left over from another one.`,
    });
  }
  const pruned = leftOut.map((path) => `--exclude=${ignorePattern(path)}`);
  const result = await runGit(git, call, [...LIST, ...pruned]);
  if (result === undefined) return undefined;
  if (result.exitCode !== 0) {
    throw new Fault(`git cannot list the files of ${folder} (exit code ${result.exitCode})`, {
      remedy: remedyFor(result.stderr, call.gitDir),
      log: result.stderr,
    });
  }
  return parseListing(result.stdout);
}

const LIST_IGNORED = ['ls-files', '-z', '--others', '--ignored', '--exclude-standard', '--directory'];

/**
 * What git ignores below a folder of the repository whose working tree begins at `top`: files, and folders without what
 * is in them. Nothing where git cannot tell.
 *
 * @param prefix what the names are to begin with
 */
export async function listIgnored(
  git: Git,
  top: string,
  folder: string,
  prefix: RawName,
): Promise<readonly RawName[]> {
  const call = { gitDir: join(top, '.git'), workTree: top, directory: folder };
  const result = await runGit(git, call, LIST_IGNORED);
  if (result?.exitCode !== 0) return [];
  const names = result.stdout.toString('latin1').split('\0');
  return names
    .filter((name) => name !== '')
    .map((name) => joinNames(prefix, name.replace(/\/$/, '') as RawName));
}

/** Reads what `git ls-files -z -t --stage --others` prints: `H MODE HASH STAGE<TAB>NAME` or `? NAME`. */
export function parseListing(output: Buffer): GitListing {
  const tracked: RawName[] = [];
  const untracked: RawName[] = [];
  const submodules: RawName[] = [];
  const repositories: RawName[] = [];
  for (const entry of output.toString('latin1').split('\0')) {
    if (entry === '') continue;
    if (!entry.startsWith('?')) {
      const name = entry.slice(entry.indexOf('\t') + 1) as RawName;
      (entry.startsWith(GITLINK, 2) ? submodules : tracked).push(name);
    } else if (entry.endsWith('/')) {
      repositories.push(entry.slice(2, -1) as RawName);
    } else {
      untracked.push(entry.slice(2) as RawName);
    }
  }
  return { tracked, untracked, submodules, repositories };
}

/** Nothing is fetched here, for a repository's configuration says by which programs that would be done. */
function remedyFor(log: string, gitDir: string): string {
  return log.includes('promisor remote')
    ? 'This partial clone lacks a .gitignore that it needs: run `git status` in it before, which fetches it.'
    : `Repair the checkout, or remove ${gitDir} where it is left over from another one.`;
}

function ignorePattern(path: RawName): string {
  return `/${Buffer.from(path, 'latin1').toString()}`.replace(/[\\*?[]/g, '\\$&');
}
