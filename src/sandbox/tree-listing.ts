import { createHash, type Hash } from 'node:crypto';
import type { Stats } from 'node:fs';
import { basename, join } from 'node:path';
import { compareUtf8 } from '../reapi/order.js';
import { contentDigest } from './file-content.js';
import { entriesOf, isWithin, resolvePath, statusOf, targetOf, type HostTree } from './host-tree.js';
import type { Watch } from './watched.js';

export interface TreeListing {
  /** SHA-256, as hex, of the sorted listing. */
  readonly digest: string;
  /** Whether the tree was larger than a listing may be. */
  readonly cut: boolean;
  /** Real files outside the tree that links in its program folders lead to, sorted. */
  readonly outside: readonly string[];
}

export interface ListingRequest {
  readonly root: string;
  /** Real folders of PATH: what stands in them is read, whatever they are called. */
  readonly programFolders: ReadonlySet<string>;
  /** Absolute paths that are no tools although they lie below the root, such as the checkout. */
  readonly leftOut: ReadonlySet<string>;
}

/** Where a listing ends: whole folders, the shallow ones first, so that the cut falls on the same place everywhere. */
const MAX_FOLDERS = 640;
const MAX_ENTRIES = 32_768;

/** Program folders deeper than this are listed like any other folder. */
const PROGRAMS_DEPTH = 4;
const PROGRAM_FOLDERS = new Set(['bin', 'sbin', 'shims', 'Scripts']);

/** How many files besides programs are watched, and how many bytes of them are read: `VERSION`, `settings.toml` … */
const MAX_WATCHED = 300;
const MAX_READ = 8 * 1024 * 1024;

/** What a tool leaves in its own folder while it runs, and documentation: neither makes another toolchain. */
const LEFT_OUT_ANYWHERE = new Set(['__pycache__', '.git', '.lock', '.DS_Store', 'lost+found']);
const LEFT_OUT_BELOW_SHARE = new Set(['doc', 'man', 'info', 'gtk-doc']);
const LEFT_OUT_AT_TOP = new Set(['cache', '.cache', 'tmp', '.tmp', 'downloads']);
const LEFT_OUT_ENDINGS = ['.pyc', '.pyo', '.pid', '.log'];

interface Folder {
  readonly path: string;
  /** Relative to the root of the listing; '' for the root itself. */
  readonly name: string;
  readonly depth: number;
}

interface Walk extends ListingRequest {
  readonly tree: HostTree;
  readonly watch: Watch;
  readonly hash: Hash;
  readonly outside: Set<string>;
  /** Grows while it is walked. */
  readonly folders: Folder[];
  entries: number;
  mayWatch: number;
  mayRead: number;
}

/**
 * Lists a folder of tools, breadth first: name, kind, size, executable bit and link target of each entry, and the
 * content of all programs and of the first small files. Never a time, an inode or an owner. Watches its folders and
 * the files it read; of a large tree the rest is only listed, since tools are installed and not edited in place.
 */
export function listTree(tree: HostTree, request: ListingRequest, watch: Watch): TreeListing {
  const hash = createHash('sha256');
  const outside = new Set<string>();
  const folders: Folder[] = [{ path: request.root, name: '', depth: 0 }];
  const walk = { ...request, tree, watch, hash, outside, folders };
  const state: Walk = { ...walk, entries: 0, mayWatch: MAX_WATCHED, mayRead: MAX_READ };
  let done = 0;
  for (const folder of folders) {
    if (done === MAX_FOLDERS || state.entries > MAX_ENTRIES) break;
    done++;
    listFolder(state, folder);
  }
  return { digest: hash.digest('hex'), cut: done < folders.length, outside: [...outside].sort(compareUtf8) };
}

function listFolder(walk: Walk, folder: Folder): void {
  const { tree, hash, watch } = walk;
  watch.status(folder.path);
  const entries = entriesOf(tree, folder.path);
  hash.update(`folder ${folder.name}${entries === undefined ? ' unreadable' : ''}\n`);
  const programs = holdsPrograms(folder, walk.programFolders);
  for (const entry of entries ?? []) {
    const path = `${folder.path}/${entry.name}`;
    if (isLeftOut(entry.name, folder) || walk.leftOut.has(path)) continue;
    walk.entries++;
    if (entry.isDirectory()) {
      walk.folders.push({ path, name: join(folder.name, entry.name), depth: folder.depth + 1 });
      hash.update(`${entry.name}/\n`);
    } else if (entry.isSymbolicLink()) {
      const behind = programs ? programBehind(walk, path) : '';
      hash.update(`${entry.name} -> ${targetOf(tree, path) ?? ''}${behind}\n`);
    } else {
      hash.update(`${entry.name} ${programs ? program(walk, path) : file(walk, path)}\n`);
    }
  }
}

/** The content of the program that a link leads to. */
function programBehind(walk: Walk, link: string): string {
  const path = resolvePath(walk.tree, link)?.path;
  if (path === undefined) return '';
  if (!isWithin(path, walk.root)) walk.outside.add(path);
  return ` ${program(walk, path)}`;
}

function program({ tree, watch }: Walk, path: string): string {
  const status = watch.status(path);
  return status?.isFile() === true ? `${brief(status)} ${contentDigest(tree, path, status.size)}` : 'other';
}

function file(walk: Walk, path: string): string {
  const { tree, watch } = walk;
  const watched = walk.mayWatch-- > 0;
  const status = watched ? watch.status(path) : statusOf(tree, path);
  if (status?.isFile() !== true) return 'other';
  if (!watched || status.size > walk.mayRead) return brief(status);
  walk.mayRead -= status.size;
  return `${brief(status)} ${contentDigest(tree, path, status.size)}`;
}

function brief(status: Stats): string {
  return `${status.size}${(status.mode & 0o111) === 0 ? '' : ' executable'}`;
}

function holdsPrograms(folder: Folder, programFolders: ReadonlySet<string>): boolean {
  if (programFolders.has(folder.path)) return true;
  return folder.depth <= PROGRAMS_DEPTH && PROGRAM_FOLDERS.has(basename(folder.path));
}

function isLeftOut(name: string, folder: Folder): boolean {
  if (LEFT_OUT_ANYWHERE.has(name) || LEFT_OUT_ENDINGS.some((ending) => name.endsWith(ending))) return true;
  if (folder.depth === 0) return LEFT_OUT_AT_TOP.has(name);
  return basename(folder.path) === 'share' && LEFT_OUT_BELOW_SHARE.has(name);
}
