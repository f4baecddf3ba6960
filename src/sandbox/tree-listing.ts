import { createHash } from 'node:crypto';
import type { Dirent, Stats } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { isCode, isDeciding } from './deciding-files.js';
import { contentDigest, costOf, hasChecksum } from './file-content.js';
import { entriesOf, isWithin, resolvePath, statusOf, targetOf, type HostTree } from './host-tree.js';
import { isLeftOut, isUncounted } from './left-out.js';
import type { ListingLimits } from './listing-limits.js';
import type { OwnedFiles, Owner } from './owned-files.js';
import { isSecretFile, isSecretFolder, isSecretGitConfig } from './secrets.js';
import { takeTurn } from './take-turn.js';
import type { Watch } from './watched.js';

/** What a build must not see although it lies in a folder that is shown: a socket, a secret. */
export interface Hidden {
  readonly path: string;
  readonly kind: 'directory' | 'file';
}

/** A link in a folder of programs, and the real file outside of the tree that it leads to. */
export interface Outside {
  readonly link: string;
  readonly file: string;
}

export interface TreeListing {
  /** SHA-256, as hex, of the listing. */
  readonly digest: string;
  /** Whether the tree was larger than a listing may be. */
  readonly cut: boolean;
  readonly outside: readonly Outside[];
  readonly hidden: readonly Hidden[];
}

export interface ListingRequest {
  readonly root: string;
  /** Real folders of PATH: what stands in them is read, whatever they are called. */
  readonly programFolders: ReadonlySet<string>;
  /** Absolute paths that are no tools although they lie below the root, such as the checkout. */
  readonly leftOut: ReadonlySet<string>;
  /** What packages account for. */
  readonly owned: OwnedFiles;
  readonly limits: ListingLimits;
  readonly signal: AbortSignal;
}

/** What is watched first where not everything can be. */
const RANKS = { program: 0, near: 1, folder: 2, read: 3, code: 4, listed: 5, owned: 6 } as const;

/** Folders so far from the root are near: what is installed shows in one of these. */
const NEAR = 3;
/** Program folders deeper than this are listed like any other folder. */
const PROGRAMS_DEPTH = 4;
const PROGRAM_FOLDERS = new Set(['bin', 'sbin', 'shims', 'Scripts']);
/** As many links as Linux follows before it gives up (path_resolution(7)). */
const MAX_LINKS = 40;
/** So many folders are listed, and files read, before other work gets its turn. */
const TURN = 40;

interface Folder {
  readonly path: string;
  /** Relative to the root of the listing; '' for the root itself. */
  readonly name: string;
  readonly depth: number;
  /** In what does not count, secrets are looked for all the same. */
  readonly counts: boolean;
}

/** A file whose content is to be added to a line of the listing. */
interface Unread {
  readonly line: number;
  readonly path: string;
  readonly status: Stats;
  readonly first: boolean;
}

interface Walk extends ListingRequest {
  readonly tree: HostTree;
  readonly watch: Watch;
  readonly lines: string[];
  readonly unread: Unread[];
  readonly outside: Outside[];
  readonly hidden: Hidden[];
  /** Grows while it is walked. */
  readonly folders: Folder[];
  entries: number;
}

/**
 * Lists a folder of tools, breadth first: of what no package brought the name, kind, size, executable bit and link
 * target, and the contents, what decides first; of what a package brought whatever is no longer as it brought it.
 * Never a time, an inode or an owner. What was looked at is watched.
 */
export async function listTree(tree: HostTree, request: ListingRequest, watch: Watch): Promise<TreeListing> {
  const folders: Folder[] = [{ path: request.root, name: '', depth: 0, counts: true }];
  const lists = { lines: [], unread: [], outside: [], hidden: [], folders };
  const walk: Walk = { ...request, ...lists, tree, watch, entries: 0 };
  const { limits, signal } = request;
  let done = 0;
  for (const folder of folders) {
    if (done === limits.folders || walk.entries > limits.entries) break;
    if (done++ % TURN === 0) await takeTurn(signal);
    listFolder(walk, folder);
  }
  const readAll = await readContents(walk);
  const digest = createHash('sha256').update(walk.lines.join('\n')).digest('hex');
  return { digest, cut: done < folders.length || !readAll, outside: walk.outside, hidden: walk.hidden };
}

function listFolder(walk: Walk, folder: Folder): void {
  const { tree, watch, owned } = walk;
  const status = statusOf(tree, folder.path);
  const entries = entriesOf(tree, folder.path);
  const ofPackages = owned.in(folder.path);
  const programs = holdsPrograms(folder, walk.programFolders);
  const before = walk.lines.length;
  if (entries === undefined) walk.lines.push(`${folder.name}/ unreadable`);
  for (const entry of entries ?? []) {
    walk.entries++;
    listEntry(walk, folder, entry, { programs, owner: ofPackages.get(entry.name) });
  }
  if (!folder.counts) return;
  noteMissing(walk, folder, entries ?? []);
  const isNear = folder.depth <= NEAR || walk.lines.length > before;
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
  const name = join(folder.name, entry.name);
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
    checkOwned(walk, name, path, { programs, owner });
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
  walk.unread.push({ line: walk.lines.length, path, status, first });
  walk.lines.push(`${name} ${brief(status)}`);
  const rank = programs ? RANKS.program : first ? RANKS.near : RANKS.read;
  walk.watch.note(path, status, rank);
}

/** A file that was written after its package was installed counts, unless it is what the package says. */
function checkOwned(
  walk: Walk,
  name: string,
  path: string,
  place: { programs: boolean; owner: Owner },
): void {
  const { tree, owned, watch, lines } = walk;
  const { owner, programs } = place;
  const status = statusOf(tree, path);
  if (status?.isFile() !== true) return;
  const isFirst = isCode(basename(path), isExecutable(status));
  watch.note(path, status, programs ? RANKS.program : isFirst ? RANKS.code : RANKS.owned);
  if (!isNewer(status, owner)) return;
  const checksum = owned.checksumOf(owner, path);
  if (checksum !== undefined && hasChecksum(tree, path, checksum)) return;
  lines.push(`${name} ${brief(status)} ${contentDigest(tree, path, status.size)}`);
}

/**
 * Files come with the time that they were packed at, and get their inode's before the package's list of files does. One
 * that is newer by chance costs its reading, and no more.
 */
function isNewer({ mtimeMs, ctimeMs }: Stats, { files: { installed } }: Owner): boolean {
  return mtimeMs > installed.mtimeMs || ctimeMs > installed.ctimeMs;
}

/** What a package brought and somebody took away. */
function noteMissing(walk: Walk, folder: Folder, entries: readonly Dirent[]): void {
  const ofPackages = walk.owned.in(folder.path);
  if (ofPackages.size === 0) return;
  const names = new Set(entries.map((entry) => entry.name));
  for (const [name, { counts }] of ofPackages) {
    if (!counts || names.has(name) || isLeftOut(name, folder.path)) continue;
    walk.lines.push(`${join(folder.name, name)} missing`);
  }
}

/** What a link in a program folder leads to: every link on the way, and the content of a file outside of the tree. */
function programBehind(walk: Walk, link: string): string {
  const { tree, watch, root, outside } = walk;
  const texts: string[] = [];
  let path = link;
  for (let i = 0; i < MAX_LINKS; i++) {
    const status = watch.status(path, RANKS.program);
    if (status?.isSymbolicLink() !== true) {
      const file = resolvePath(tree, path)?.path;
      if (file === undefined || status?.isFile() !== true || isWithin(file, root)) break;
      outside.push({ link, file });
      texts.push(`${brief(status)} ${contentDigest(tree, path, status.size)}`);
      break;
    }
    const target = targetOf(tree, path) ?? '';
    if (i > 0) texts.push(`-> ${target}`);
    path = resolve(dirname(path), target);
  }
  return texts.map((text) => ` ${text}`).join('');
}

/** Adds contents to the lines: of what decides, then of the rest, as far as the limits reach. Returns whether they did. */
async function readContents({ tree, lines, unread, limits, signal }: Walk): Promise<boolean> {
  let readAll = true;
  let count = 0;
  for (const first of [true, false]) {
    const limit = first ? limits.first : limits.others;
    let files = 0;
    let bytes = 0;
    for (const { line, path, status, first: isFirst } of unread) {
      if (isFirst !== first) continue;
      if (count++ % TURN === 0) await takeTurn(signal);
      bytes += costOf(status.size);
      if (++files > limit.files || bytes > limit.bytes) {
        readAll = readAll && !first;
        break;
      }
      lines[line] = `${lines[line] ?? ''} ${contentDigest(tree, path, status.size)}`;
    }
  }
  return readAll;
}

function brief(status: Stats): string {
  return `${status.size}${isExecutable(status) ? ' executable' : ''}`;
}

function isExecutable(status: Stats): boolean {
  return (status.mode & 0o111) !== 0;
}

function holdsPrograms(folder: Folder, programFolders: ReadonlySet<string>): boolean {
  if (programFolders.has(folder.path)) return true;
  return folder.depth <= PROGRAMS_DEPTH && PROGRAM_FOLDERS.has(basename(folder.path));
}
