import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Whether this folder is the top of a git working tree; its `.git` may be a file (worktrees, submodules). */
export function isRepository(folder: string): boolean {
  const git = statOf(join(folder, '.git'));
  if (git?.isFile()) return true;
  return git?.isDirectory() === true && statOf(join(folder, '.git', 'HEAD'))?.isFile() === true;
}

/** What git opens in every repository, and would wait for if it were a pipe. */
const READ_ALWAYS = ['config', 'index', 'info/exclude'];

/** The first of git's own files that is something else, such as a pipe, a socket or a device. */
export function specialFile(gitDir: string): string | undefined {
  return READ_ALWAYS.map((name) => join(gitDir, name)).find((file) => {
    const status = statOf(file);
    return status !== undefined && !status.isFile() && !status.isDirectory();
  });
}

/**
 * The top of the working tree that the folder lies in, searched for as git does: upwards, and not across a mount
 * point. Undefined when the folder lies in none.
 */
export function findRepository(folder: string): string | undefined {
  const device = statOf(folder)?.dev;
  for (let current = folder; statOf(current)?.dev === device; current = dirname(current)) {
    if (isRepository(current)) return current;
    if (current === dirname(current)) return undefined;
  }
  return undefined;
}

function statOf(path: string): ReturnType<typeof statSync> {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined; // Not readable to us, so not git's either.
  }
}
