import { join, relative } from 'node:path';
import { walkFolder } from './folder-listing.js';
import type { Git } from './git-command.js';
import { listWithGit, type GitListing } from './git-listing.js';
import { isGitOwned, isWithin, joinNames, rawName, textOf, type RawName } from './names.js';
import { looksCompiled } from './products.js';
import { findRepository, isRepository } from './repository.js';
import { isLeftOut, type Scope } from './scope.js';
import { realFolders } from './status.js';

/** What folders hold, by name only; a name that git tracks may be missing from the disk. */
interface Listed {
  readonly files: readonly RawName[];
  /** Of the files, the compiled ones of which git says that it does not track them. */
  readonly untracked: readonly RawName[];
  /** Folders that are input without what they may hold. */
  readonly emptyFolders: readonly RawName[];
  /** Those below that were entered. */
  readonly repositories: readonly RawName[];
}

export interface WorkspaceListing extends Omit<Listed, 'repositories'> {
  /** The top of the working tree that the workspace lies in, or the workspace itself outside git. */
  readonly top: string;
  /** The repositories whose git was asked: where in the workspace, and the top of the working tree. */
  readonly repositories: readonly { readonly name: RawName; readonly top: string }[];
}

interface Part {
  /** Whether the repository around it knows nothing of it. */
  readonly foreign?: boolean;
  readonly files: readonly RawName[];
  readonly untracked?: readonly RawName[];
  readonly emptyFolders: readonly RawName[];
  /** Folders with a repository of their own: submodules and others. */
  readonly repositories: readonly RawName[];
}

/** As many git processes at once pay off on a usual machine. */
const AT_ONCE = 8;

/** Lists the workspace and every repository in it, each as its own git sees it, plain folders as they are. */
export async function listWorkspace(git: Git, scope: Scope): Promise<WorkspaceListing> {
  const top = findRepository(scope.root);
  const root = rawName('');
  const first = await listRoot(git, scope, top);
  const found = await enterRepositories(git, scope, first);
  const inner = found.repositories.map((name) => ({ name, top: join(scope.root, textOf(name) ?? '') }));
  const repositories = top === undefined || first.foreign === true ? inner : [{ name: root, top }, ...inner];
  return { ...found, top: top ?? scope.root, repositories };
}

/** Lists folders whatever git says of them; repositories among them and below them each as its own git sees it. */
export async function listFolders(git: Git, scope: Scope, folders: readonly RawName[]): Promise<Listed> {
  const isOwn = (name: RawName) => isRepository(join(scope.root, textOf(name) ?? ''));
  const plain = folders.filter((name) => !isOwn(name));
  const walked = await Promise.all(plain.map((name) => walkFolder(scope, name, false, git.signal)));
  return enterRepositories(git, scope, {
    files: walked.flatMap((part) => part.files),
    emptyFolders: walked.flatMap((part) => part.emptyFolders),
    repositories: [...folders.filter(isOwn), ...walked.flatMap((part) => part.repositories)],
  });
}

/** Adds what the repositories of a part hold, and those in them. */
async function enterRepositories(git: Git, scope: Scope, first: Part): Promise<Listed> {
  let { files, untracked = [], emptyFolders } = first;
  const repositories: RawName[] = [];
  let waiting = first.repositories;
  while (waiting.length > 0) {
    const now = waiting.slice(0, AT_ONCE);
    const parts = await Promise.all(now.map((name) => listRepository(git, scope, name)));
    files = files.concat(...parts.map((part) => part.files));
    untracked = untracked.concat(...parts.map((part) => part.untracked ?? []));
    emptyFolders = emptyFolders.concat(...parts.map((part) => part.emptyFolders));
    repositories.push(...now.filter((_, i) => parts[i]?.emptyFolders.length === 0));
    waiting = waiting.slice(AT_ONCE).concat(...parts.map((part) => part.repositories));
  }
  return { files, untracked, emptyFolders, repositories };
}

async function listRoot(git: Git, scope: Scope, top: string | undefined): Promise<Part> {
  const root = rawName('');
  if (top === undefined) return walkFolder(scope, root, false, git.signal);
  const part = await listPart(git, scope, root, scope.root, top);
  // A folder of which the repository around it knows nothing, ignored for instance, is no part of that repository.
  const foreign = top !== scope.root && part.files.length + part.repositories.length === 0;
  return foreign ? { ...(await walkFolder(scope, root, false, git.signal)), foreign } : part;
}

/** Lists a folder that has, or as a submodule may have, a repository of its own. */
async function listRepository(git: Git, scope: Scope, name: RawName): Promise<Part> {
  const text = textOf(name);
  const asFolder = { files: [], emptyFolders: [name], repositories: [] };
  // No process starts in a folder whose name is not text: the folder stands for what is in it, and is left out.
  if (text === undefined) return asFolder;
  const top = join(scope.root, text);
  return realFolders(scope.root)(name) && isRepository(top) ? listPart(git, scope, name, top, top) : asFolder;
}

async function listPart(git: Git, scope: Scope, prefix: RawName, folder: string, top: string): Promise<Part> {
  const below = rawName(relative(top, folder));
  const leftOut = [...scope.written, ...scope.excluded]
    .filter((path) => path !== prefix && isWithin(path, prefix))
    .map((path) => joinNames(below, path.slice(prefix === '' ? 0 : prefix.length + 1) as RawName));
  const listing = await listWithGit(git, top, folder, leftOut);
  return listing === undefined ? walkFolder(scope, prefix, true, git.signal) : partOf(listing, prefix, scope);
}

function partOf(listing: GitListing, prefix: RawName, scope: Scope): Part {
  const keep = (names: readonly RawName[], tracked: boolean) =>
    names
      .map((name) => joinNames(prefix, name))
      .filter((name) => !isLeftOut(scope, name, tracked) && !isGitOwned(name));
  const untracked = keep(listing.untracked, false);
  return {
    files: [...keep(listing.tracked, true), ...untracked],
    untracked: untracked.filter(looksCompiled),
    emptyFolders: [],
    repositories: [...keep(listing.submodules, true), ...keep(listing.repositories, false)],
  };
}
