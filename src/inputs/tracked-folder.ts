import { existsSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { Fault, InputError } from '../errors.js';
import { realPathOf } from '../files/nearest.js';
import { isOfCheckout } from '../process/checkouts.js';
import { runGit, type Git } from './git-command.js';
import { isRepository } from './repository.js';

/** A folder in which git tracks something holds what somebody proposes, and nothing in it may be believed. */
export interface OwnFolder {
  /** The input that names it. */
  readonly input: string;
  /** Absolute. */
  readonly path: string;
}

/**
 * Refuses a folder of ours in which a repository around it tracks anything. Of a folder outside of every checkout, and
 * of one that is not there yet, nobody is asked.
 *
 * @throws InputError; Fault when git fails
 */
export async function refuseTracked(git: Git, { input, path }: OwnFolder): Promise<void> {
  if (!isOfCheckout(git.machine, path) || !existsSync(path)) return;
  const folder = realPathOf(path);
  for (const top of repositoriesAround(folder)) {
    if (top === folder)
      throw new InputError(input, path, 'It is a checkout itself. Name a folder of its own.');
    const tracked = await firstTracked(git, top, relative(top, folder));
    if (tracked === undefined) continue;
    throw new InputError(
      input,
      path,
      `Git tracks ${JSON.stringify(tracked)} in it: whoever proposes a change could put programs and results there. ` +
        'Name a folder outside of the checkout, or one that git ignores and tracks nothing in.',
    );
  }
}

function repositoriesAround(folder: string): readonly string[] {
  const parent = dirname(folder);
  const above = parent === folder ? [] : repositoriesAround(parent);
  return isRepository(folder) ? [folder, ...above] : above;
}

async function firstTracked(git: Git, top: string, folder: string): Promise<string | undefined> {
  const call = { gitDir: join(top, '.git'), workTree: top, directory: top };
  const result = await runGit(git, call, ['ls-files', '-z', '--', `:(top,literal)${folder}`]);
  if (result === undefined) {
    throw new Fault(`git is not installed, so nobody can tell whether ${top} tracks anything in ${folder}`, {
      remedy: 'Install git, or set `cache-dir` (and `cache`) to a folder outside of the checkout.',
    });
  }
  if (result.exitCode !== 0) {
    throw new Fault(`git cannot list what ${top} tracks in ${folder} (exit code ${result.exitCode})`, {
      remedy: `Repair the checkout, or remove ${call.gitDir} where it is left over from another one.`,
      log: result.stderr,
    });
  }
  return result.stdout
    .toString()
    .split('\0')
    .find((name) => name !== '');
}
