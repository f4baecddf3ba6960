import { lstatSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/**
 * The first symlink among the folders between a folder and a path below it; undefined where there is none. What a
 * checkout commits, or a build made, must not lead what we write to another place.
 *
 * @param folder absolute; what leads to it is the user's own
 * @param path absolute, below the folder; it may be a symlink itself
 */
export function linkOnTheWay(folder: string, path: string): string | undefined {
  let at = folder;
  for (const name of relative(folder, dirname(path)).split('/')) {
    at = join(at, name);
    const status = statusOf(at);
    if (status === undefined) return undefined;
    if (status.isSymbolicLink()) return at;
  }
  return undefined;
}

function statusOf(path: string) {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined; // No folder, or none that we may look into: whoever writes there is told so.
  }
}
