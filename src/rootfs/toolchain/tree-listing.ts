import { createHash } from 'node:crypto';
import type { Dirent } from 'node:fs';
import { basename } from 'node:path';
import { isDeciding, isIdle } from './deciding-files.js';
import { entriesOf, statusOf, targetOf, type HostTree } from '../host-tree.js';
import { isLeftOut, isUncounted } from './left-out.js';
import type { Owner } from '../packages/owned-files.js';
import { checkOwned, noteMissing } from '../packages/owned-changes.js';
import { programBehind } from './program-links.js';
import { Contents } from './read-contents.js';
import { isSecretFile, isSecretFolder, isSecretGitConfig } from '../secrets.js';
import { yieldTurn } from '../../async/yielding.js';
import {
  brief,
  isExecutable,
  RANKS,
  type Folder,
  type ListingRequest,
  type TreeListing,
  type Walk,
} from './tree-walk.js';
import type { Watch } from './watched.js';

/** Folders so far from the root are near: what is installed shows in one of these. */
const NEAR = 3;
/** Program folders deeper than this are listed like any other folder. */
const PROGRAMS_DEPTH = 4;
const PROGRAM_FOLDERS = new Set(['bin', 'sbin', 'shims', 'Scripts']);
/** So many folders are listed before other work gets its turn. */
const TURN = 10;

/**
 * Lists a folder of tools, breadth first: of what no package brought the name, kind, size, executable bit and link
 * target, and the contents, what decides first; of what a package brought whatever is no longer as it brought it.
 * Never a time, an inode or an owner. What was looked at is watched.
 */
export async function listTree(tree: HostTree, request: ListingRequest, watch: Watch): Promise<TreeListing> {
  const folders: Folder[] = [{ path: request.root, name: '', depth: 0, counts: true }];
  const { limits, signal } = request;
  const lines: string[] = [];
  const contents = new Contents(tree, lines, limits, signal);
  const walk: Walk = {
    ...request,
    lines,
    contents,
    outside: [],
    hidden: [],
    folders,
    tree,
    watch,
    entries: 0,
  };
  let done = 0;
  for (const folder of folders) {
    if (done === limits.folders || walk.entries > limits.entries) break;
    if (done++ % TURN === 0) await yieldTurn(signal);
    listFolder(walk, folder);
  }
  const readAll = await contents.end();
  const digest = createHash('sha256').update(lines.join('\n')).digest('hex');
  return {
    digest,
    cut: done < folders.length || !readAll.first,
    bySize: !readAll.others,
    outside: walk.outside,
    hidden: walk.hidden,
  };
}

function listFolder(walk: Walk, folder: Folder): void {
  const { tree, watch, owned } = walk;
  const status = statusOf(tree, folder.path);
  const entries = entriesOf(tree, folder.path);
  const ofPackages = owned.in(folder.path);
  const programs = holdsPrograms(folder, walk.programFolders);
  if (entries === undefined) walk.lines.push(`${folder.name}/ unreadable`);
  for (const entry of entries ?? []) {
    walk.entries++;
    listEntry(walk, folder, entry, { programs, owner: ofPackages.get(entry.name) });
  }
  if (!folder.counts) return;
  noteMissing(walk, folder, entries ?? []);
  const isNear =
    folder.depth <= NEAR ||
    (entries ?? []).some(({ name }) => !ofPackages.has(name) && !isLeftOut(name, folder.path));
  watch.note(folder.path, status, programs ? RANKS.program : isNear ? RANKS.near : RANKS.folder);
}

interface Place {
  readonly programs: boolean;
  readonly owner: Owner | undefined;
}

function listEntry(walk: Walk, folder: Folder, entry: Dirent, { programs, owner }: Place): void {
  const path = `${folder.path}/${entry.name}`;
  if (walk.leftOut.has(path) || hide(walk, path, entry, owner) || isLeftOut(entry.name, folder.path)) return;
  const counts = folder.counts && !isUncounted(entry.name, folder.depth);
  const name = folder.name === '' ? entry.name : `${folder.name}/${entry.name}`;
  if (entry.isDirectory()) {
    walk.folders.push({ path, name, depth: folder.depth + 1, counts });
    if (counts && owner === undefined) walk.lines.push(`${name}/`);
  } else if (!counts || owner?.counts === false) {
    return;
  } else if (entry.isSymbolicLink()) {
    const behind = programs ? programBehind(walk, path) : '';
    walk.lines.push(`${name} -> ${targetOf(walk.tree, path) ?? ''}${behind}`);
  } else if (owner === undefined) {
    listFile(walk, name, path, programs);
  } else {
    checkOwned(walk, name, path, { onPath: walk.programFolders.has(folder.path), owner });
  }
}

/** Notes what a build must not see. Returns whether this is such a thing. */
function hide({ tree, hidden }: Walk, path: string, entry: Dirent, owner: Owner | undefined): boolean {
  if (owner !== undefined) return false;
  const isChannel = entry.isSocket() || entry.isFIFO();
  const isSecret = entry.isDirectory()
    ? isSecretFolder(entry.name)
    : entry.isFile() && isSecretFile(tree, path);
  if (isChannel || isSecret) hidden.push({ path, kind: entry.isDirectory() ? 'directory' : 'file' });
  else if (entry.name === '.git' && entry.isDirectory() && isSecretGitConfig(tree, `${path}/config`)) {
    hidden.push({ path: `${path}/config`, kind: 'file' });
  }
  return isChannel || isSecret;
}

function listFile(walk: Walk, name: string, path: string, programs: boolean): void {
  const status = statusOf(walk.tree, path);
  if (status?.isFile() !== true) {
    walk.lines.push(`${name} other`);
    return;
  }
  const first = programs || isDeciding(basename(path), isExecutable(status));
  const rank = isIdle(basename(path)) ? RANKS.idle : RANKS.unowned;
  walk.watch.note(path, status, programs ? RANKS.program : first ? RANKS.near : rank);
  const line = walk.lines.push(`${name} ${brief(status)}`) - 1;
  walk.contents.add({ line, path, size: status.size, first });
}

function holdsPrograms(folder: Folder, programFolders: ReadonlySet<string>): boolean {
  if (programFolders.has(folder.path)) return true;
  return folder.depth <= PROGRAMS_DEPTH && PROGRAM_FOLDERS.has(basename(folder.path));
}
