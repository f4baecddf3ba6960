import { parentOf, type RawName } from './names.js';
import { yielding } from '../async/yielding.js';
import { realFolders, type Status, statusOf } from './status.js';
import type { WorkspaceListing } from './workspace-listing.js';

/** Something that the workspace holds: a file, a symbolic link, or a folder that is input as an empty one. */
export interface Found {
  readonly name: RawName;
  readonly status: Status;
}

/**
 * Looks at each listed name in the working tree, and returns what is there, sorted by the bytes of its path, each
 * once. What is deleted, or lies behind a symbolic link now, is not there; nor is what is neither file, link nor
 * folder.
 */
export async function findInWorkingTree(
  root: string,
  listing: WorkspaceListing,
  signal: AbortSignal,
): Promise<Found[]> {
  const found: Found[] = [];
  const folders = new Set(listing.emptyFolders);
  const isReal = realFolders(root);
  const yields = yielding(signal);
  let last: RawName | undefined;
  for (const name of [...listing.files, ...listing.emptyFolders].sort()) {
    if (yields.due()) await yields.turn();
    if (name === last) continue; // Unmerged: listed once for every version.
    last = name;
    const status = isReal(parentOf(name)) ? statusOf(root, name) : undefined;
    if (status?.isFile() || status?.isSymbolicLink() || (status?.isDirectory() && folders.has(name))) {
      found.push({ name, status });
    }
  }
  return found;
}
