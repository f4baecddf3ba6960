import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { PlannedOutput } from './plan.js';

export interface DanglingLink {
  /** Of the output, relative to the working directory. */
  readonly path: string;
  readonly target: string;
}

/**
 * Outputs that are symlinks and lead to nothing where they were brought to: the build has what they lead to, and it is
 * no output itself.
 *
 * @param folder the working directory on this machine
 */
export async function danglingLinks(
  planned: readonly PlannedOutput[],
  folder: string,
): Promise<readonly DanglingLink[]> {
  const links = planned.flatMap(({ path, nodes: [node] }) =>
    node?.kind === 'symlink' && node.path === path ? [{ path, target: node.target }] : [],
  );
  const isDangling = await Promise.all(links.map(({ path }) => isMissing(join(folder, path))));
  return links.filter((_, i) => isDangling[i]);
}

async function isMissing(path: string): Promise<boolean> {
  try {
    await stat(path);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}
