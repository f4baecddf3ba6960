import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { Fault, InputError } from '../errors.js';
import { makeOwnFolder } from '../process/own-folder.js';
import { workIn } from '../system-errors.js';
import { runGit, type Git, type GitCall } from './git-command.js';
import { joinNames, rawName, type RawName } from './names.js';
import type { Pathspec } from './pathspecs.js';
import type { Found } from './working-tree.js';

/** Any hash will do: git compares names here and opens no object. */
const SOME_HASH = '1'.repeat(40);

/** Names that are legal here although they would not be on another system. */
const ANY_NAME = ['-c', 'core.protectNTFS=false', '-c', 'core.protectHFS=false'];

const LIST = ['ls-files', '-z', '--'];
const EXPECT = ['ls-files', '-z', '--error-unmatch', '--'];
/** The exit code of `--error-unmatch`; a pathspec that git does not understand gives 128. */
const UNMATCHED = 1;

/**
 * Those that the pathspecs select; with no pathspecs, all. Git itself decides: everything found is written into the
 * index of a repository made for this, so that a pathspec means the same across submodules and in a plain folder.
 *
 * @param top the top of the working tree that the workspace lies in, where `.gitattributes` and `:/` count from.
 * @throws InputError for a pathspec that git does not understand or that matches nothing; Fault when git is not installed.
 */
export async function selectByPathspecs(
  git: Git,
  root: string,
  top: string,
  found: readonly Found[],
  pathspecs: readonly Pathspec[],
): Promise<readonly Found[]> {
  if (pathspecs.length === 0) return found;
  const { temporary } = git.machine;
  const gitDir = await workIn(`the temporary folder ${temporary}`, () => makeRepository(temporary));
  try {
    const call = { gitDir, workTree: top, directory: root };
    await fillIndex(git, call, rawName(relative(top, root)), found);
    const selected = await select(git, call, pathspecs);
    return found.filter(({ name }) => selected.has(name));
  } finally {
    await rm(gitDir, { recursive: true, force: true });
  }
}

/** The least that git takes for a repository. */
async function makeRepository(temporary: string): Promise<string> {
  const gitDir = await makeOwnFolder(temporary);
  try {
    await mkdir(join(gitDir, 'objects'));
    await mkdir(join(gitDir, 'refs'));
    await writeFile(join(gitDir, 'HEAD'), 'ref: refs/heads/inputs\n');
    return gitDir;
  } catch (error) {
    await rm(gitDir, { recursive: true, force: true });
    throw error;
  }
}

async function fillIndex(git: Git, call: GitCall, below: RawName, found: readonly Found[]): Promise<void> {
  const entries = found.map(({ name, status }) => {
    const mode = status.isDirectory() ? '160000' : '100644';
    return `${mode} ${SOME_HASH} 0\t${joinNames(below, name)}\0`;
  });
  const input = Buffer.from(entries.join(''), 'latin1');
  const result = await run(git, { ...call, input }, [...ANY_NAME, 'update-index', '-z', '--index-info']);
  if (result.exitCode !== 0) {
    throw new Fault(`git cannot index the names of the inputs in ${git.machine.temporary}`, {
      log: result.stderr,
      remedy: 'Is there space left on that disk? TMPDIR names another.',
    });
  }
}

/**
 * What is to be there must match something; that nothing matches an exclusion is all right. The two questions are
 * two calls, because `--error-unmatch` lists only the first match of an `:(icase)` pathspec.
 */
async function select(git: Git, call: GitCall, pathspecs: readonly Pathspec[]): Promise<Set<string>> {
  const ask = async (args: readonly string[]) => {
    const result = await run(git, call, args);
    if (result.exitCode !== 0) await explain(git, call, pathspecs, result.stderr);
    return result.stdout.toString('latin1').split('\0');
  };
  const included = pathspecs.filter((pathspec) => !pathspec.excludes);
  if (included.length > 0) await ask([...EXPECT, ...included.map((pathspec) => pathspec.git)]);
  return new Set(await ask([...LIST, ...pathspecs.map((pathspec) => pathspec.git)]));
}

/** Asks git about each pathspec alone, to name the one that is wrong. */
async function explain(git: Git, call: GitCall, pathspecs: readonly Pathspec[], log: string): Promise<never> {
  for (const { written, git: pathspec, excludes } of pathspecs) {
    const result = await run(git, call, [...EXPECT, pathspec]);
    if (result.exitCode > UNMATCHED) {
      throw new InputError('inputs', written, `Git says: ${result.stderr.replace(/^fatal: /, '').trim()}.`);
    }
    if (result.exitCode === UNMATCHED && !excludes) {
      throw new InputError(
        'inputs',
        written,
        'It matches no input file; it is a git pathspec, relative to the workspace. An output of this build is no input. ' +
          'What git ignores has to be named, as `dist` or `packages/*/dist/**` does; a wildcard alone does not match it.',
      );
    }
  }
  throw new Fault('git cannot apply the pathspecs of `inputs`', { log });
}

async function run(git: Git, call: GitCall, args: readonly string[]) {
  const result = await runGit(git, call, args);
  if (result !== undefined) return result;
  throw new Fault('git is not installed, and `inputs` are git pathspecs', {
    remedy: 'Install git, or leave `inputs` out: then every file of the workspace is input.',
  });
}
