import { readdirSync, type Dirent } from 'node:fs';
import { join } from 'node:path';
import { Fault, messageOf, systemErrorCode } from '../errors.js';
import { isGitOwned, joinNames, pathOf, shownName, textOf, type RawName } from './names.js';
import { yielding } from '../async/yielding.js';
import { isRepository } from './repository.js';
import { isLeftOut, leadsToLeftOut, type Scope } from './scope.js';

/** What a folder that git does not know holds. Names are relative to the workspace. */
export interface FolderListing {
  readonly files: readonly RawName[];
  readonly emptyFolders: readonly RawName[];
  /** Repositories below it, not entered. */
  readonly repositories: readonly RawName[];
}

/**
 * Walks a folder of the workspace. Symbolic links are not followed. Sockets, pipes and devices have no content and
 * are no input, nor do they keep a folder from being empty. A folder that what this run writes will lie in is not
 * kept for its own sake: it would be there only from the second run on.
 *
 * @param enterRepositories walk the repositories below it too, as there is no git to ask.
 * @throws Fault when a folder cannot be read.
 */
export async function walkFolder(
  scope: Scope,
  start: RawName,
  enterRepositories: boolean,
  signal: AbortSignal,
): Promise<FolderListing> {
  const listing = { files: [] as RawName[], emptyFolders: [] as RawName[], repositories: [] as RawName[] };
  const yields = yielding(signal);
  const folders = [start];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    if (yields.due()) await yields.turn();
    const entries = entriesOf(scope.root, folder);
    if (!enterRepositories && folder !== start && belongsToGit(scope.root, folder, entries)) {
      listing.repositories.push(folder);
      continue;
    }
    let empty = true;
    for (const entry of entries) {
      const name = joinNames(folder, entry.name.toString('latin1') as RawName);
      if (isGitOwned(name) || isLeftOut(scope, name, false) || !hasContent(entry)) continue;
      empty = false;
      (entry.isDirectory() ? folders : listing.files).push(name);
    }
    if (empty && folder !== '' && !leadsToLeftOut(scope, folder)) listing.emptyFolders.push(folder);
  }
  return listing;
}

function hasContent(entry: Dirent<Buffer>): boolean {
  return entry.isFile() || entry.isDirectory() || entry.isSymbolicLink();
}

function belongsToGit(root: string, folder: RawName, entries: readonly Dirent<Buffer>[]): boolean {
  if (!entries.some((entry) => entry.name.toString('latin1') === '.git')) return false;
  const text = textOf(folder);
  return text === undefined || isRepository(join(root, text));
}

function entriesOf(root: string, folder: RawName): Dirent<Buffer>[] {
  try {
    return readdirSync(pathOf(root, folder), { withFileTypes: true, encoding: 'buffer' });
  } catch (cause) {
    if (systemErrorCode(cause) === 'ENOENT') return [];
    throw new Fault(`cannot read the folder ${join(root, shownName(folder))}: ${messageOf(cause)}`, {
      remedy: 'Make it readable for this user, or remove it before the build.',
      cause,
    });
  }
}
