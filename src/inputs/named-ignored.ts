import { join, relative } from 'node:path';
import type { Git } from './git-command.js';
import { listIgnored } from './git-listing.js';
import { isGitOwned, isWithin, parentOf, rawName, textOf, type RawName } from './names.js';
import { type NamedPaths, namedPaths } from './named-paths.js';
import type { Pathspec } from './pathspecs.js';
import { isLeftOut, type Scope } from './scope.js';
import { realFolders, statusOf } from './status.js';
import { listFolders, type WorkspaceListing } from './workspace-listing.js';

/** What stands for a folder in git, which holds none that is empty. */
const PLACEHOLDER = /(^|\/)\.(git(ignore|keep|attributes)|keep|empty|placeholder)$/;

/**
 * What git ignores is input where `inputs` names it: a file by its whole path, and all in a folder of which git knows
 * no file, placeholders apart. A folder that git knows brings nothing that git ignores, nor does a wildcard alone, so
 * that `src` or `*` never bring somebody's `.env`. What is selected of that in the end, the pathspecs say.
 *
 * @returns the listing with what is named
 */
export async function addNamedIgnored(
  git: Git,
  scope: Scope,
  listing: WorkspaceListing,
  pathspecs: readonly Pathspec[],
): Promise<WorkspaceListing> {
  const below = rawName(relative(listing.top, scope.root));
  const named = pathspecs.map((pathspec) => namedPaths(pathspec, below));
  const entries = [
    ...literalEntries(scope, listing, named),
    ...(await matchedEntries(git, scope, listing, named)),
  ];
  if (entries.length === 0) return listing;
  const folders = entries.flatMap(({ name, folder }) => (folder ? [name] : []));
  const found = await listFolders(git, scope, folders);
  const files = entries.flatMap(({ name, folder }) => (folder ? [] : [name]));
  return {
    ...listing,
    files: [...listing.files, ...files, ...found.files],
    emptyFolders: [...listing.emptyFolders, ...found.emptyFolders],
  };
}

interface Entry {
  readonly name: RawName;
  readonly folder: boolean;
}

function literalEntries(scope: Scope, listing: WorkspaceListing, named: readonly NamedPaths[]): Entry[] {
  return named.flatMap(({ path, open }) => {
    const entry = path === undefined ? undefined : entryAt(scope, path);
    if (entry === undefined || (open && !entry.folder)) return [];
    const known = listing.files.some((file) => isWithin(file, entry.name) && !PLACEHOLDER.test(file));
    return known ? [] : [entry];
  });
}

/** Those that lie behind a wildcard, which only git can find without walking through all that it ignores. */
async function matchedEntries(
  git: Git,
  scope: Scope,
  listing: WorkspaceListing,
  named: readonly NamedPaths[],
): Promise<Entry[]> {
  const patterns = named.flatMap((each) => each.patterns);
  if (patterns.length === 0) return [];
  const ignored = await Promise.all(
    listing.repositories.map(({ name, top }) =>
      listIgnored(git, top, join(scope.root, textOf(name) ?? ''), name),
    ),
  );
  return ignored
    .flat()
    .filter((name) => patterns.some((pattern) => pattern.test(name)))
    .flatMap((name) => entryAt(scope, name) ?? []);
}

/** What may be input at a path, if it is there. */
function entryAt(scope: Scope, name: RawName): Entry | undefined {
  if (isGitOwned(name) || isLeftOut(scope, name, false) || !realFolders(scope.root)(parentOf(name)))
    return undefined;
  const status = statusOf(scope.root, name);
  return status && { name, folder: status.isDirectory() };
}
