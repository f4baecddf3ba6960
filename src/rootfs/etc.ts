import { createHash, type Hash } from 'node:crypto';
import type { Dirent } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import type { DigestCache } from '../digests/digest-cache.js';
import { ETC_FOLDERS, ETC_NAMES, NOT_IN_IDENTITY } from './etc-names.js';
import { contentDigest } from './toolchain/file-content.js';
import { entriesOf, resolvePath, targetOf, type HostTree } from './host-tree.js';
import { isWithin } from '../files/within.js';
import { bindOf, type Mounts } from './mounts.js';
import { remembered, type Watch } from './toolchain/watched.js';

export interface Etc extends Mounts {
  /** SHA-256, as hex, of what is shown. */
  readonly digest: string;
}

const stored = v.object({
  digest: v.string(),
  binds: v.array(
    v.object({ source: v.string(), target: v.string(), kind: v.picklist(['directory', 'file']) }),
  ),
  links: v.array(v.object({ path: v.string(), target: v.string() })),
});

/** Everybody may read it, and enter it if it is a folder. */
const FOR_ALL = { file: 0o004, directory: 0o005 };

/**
 * The part of /etc that is shown: see `ETC_NAMES`. A link stays one where it leads into the system's own folders, else
 * what it leads to is bound. A folder that holds something not meant for everybody is shown in its other parts.
 *
 * @param systemFolders real folders that are shown anyway, such as /usr.
 */
export function etcOf(tree: HostTree, systemFolders: readonly string[], memory: DigestCache): Etc {
  const text = remembered(memory, tree, '/etc', (watch) => {
    const hash = createHash('sha256');
    const shown = etcEntries(tree, watch).map((path) =>
      showEntry({ tree, watch, hash, systemFolders }, path),
    );
    const binds = shown.flatMap((mounts) => mounts.binds);
    const links = shown.flatMap((mounts) => mounts.links);
    return JSON.stringify({ digest: hash.digest('hex'), binds, links });
  });
  return v.parse(stored, JSON.parse(text));
}

/** The host's resolver, wherever /etc/resolv.conf leads. */
export function resolverOf(tree: HostTree): Mounts {
  const real = resolvePath(tree, '/etc/resolv.conf')?.path;
  const bind = real === undefined ? undefined : bindOf(tree, real, '/etc/resolv.conf');
  return { binds: bind === undefined ? [] : [bind], links: [] };
}

function etcEntries(tree: HostTree, watch: Watch): string[] {
  const found: string[] = [];
  for (const folder of ['', ...ETC_FOLDERS]) {
    watch.status(join('/etc', folder));
    for (const entry of entriesOf(tree, join('/etc', folder)) ?? []) {
      const name = join(folder, entry.name);
      if (ETC_NAMES.some((pattern) => pattern.test(name))) found.push(join('/etc', name));
    }
  }
  return found;
}

interface Scope {
  readonly tree: HostTree;
  readonly watch: Watch;
  readonly hash: Hash;
  readonly systemFolders: readonly string[];
}

function showEntry(scope: Scope, path: string): Mounts {
  const { tree, watch, systemFolders, hash } = scope;
  const resolved = resolvePath(tree, path);
  if (resolved === undefined) return { binds: [], links: [] };
  for (const each of resolved.links) watch.status(each.path);
  const [link] = resolved.links;
  hash.update(`${path} ${link === undefined ? '' : `-> ${link.target}`}\n`);
  if (link !== undefined && systemFolders.some((folder) => isWithin(resolved.path, folder))) {
    return { binds: [], links: resolved.links };
  }
  const open = readEntry(scope, resolved.path);
  const targets = open ? [resolved.path] : openParts(scope, resolved.path);
  const binds = targets.flatMap((real) => bindOf(tree, real, path + real.slice(resolved.path.length)) ?? []);
  return { binds, links: [] };
}

/** Hashes a file, or a folder and all in it. Returns whether all of it is for everybody. */
function readEntry(scope: Scope, path: string): boolean {
  const { tree, watch, hash } = scope;
  if (NOT_IN_IDENTITY.includes(path)) return true;
  const status = watch.status(path);
  if (status?.isDirectory() === true) {
    hash.update(`${path}/\n`);
    const parts = (entriesOf(tree, path) ?? []).map((entry) => readChild(scope, path, entry));
    return isForAll(status.mode, FOR_ALL.directory) && parts.every((open) => open);
  }
  if (status?.isFile() !== true || !isForAll(status.mode, FOR_ALL.file)) return false;
  hash.update(`${path} ${contentDigest(tree, path, status.size)}\n`);
  return true;
}

/** A link is not watched: its folder changes when it does. */
function readChild(scope: Scope, folder: string, entry: Dirent): boolean {
  const path = `${folder}/${entry.name}`;
  if (!entry.isSymbolicLink()) return readEntry(scope, path);
  scope.hash.update(`${path} -> ${targetOf(scope.tree, path) ?? ''}\n`);
  return true;
}

/** The largest parts of a folder that are wholly for everybody. */
function openParts(scope: Scope, path: string): string[] {
  if (readEntry({ ...scope, hash: createHash('sha256') }, path)) return [path];
  return (entriesOf(scope.tree, path) ?? [])
    .filter((entry) => !entry.isSymbolicLink())
    .flatMap((entry) => openParts(scope, join(path, entry.name)));
}

function isForAll(mode: number, wanted: number): boolean {
  return (mode & wanted) === wanted;
}
