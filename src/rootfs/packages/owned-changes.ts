import type { Dirent, Stats } from 'node:fs';
import { basename, join } from 'node:path';
import { isCode } from '../toolchain/deciding-files.js';
import { contentDigest, hasChecksum } from '../toolchain/file-content.js';
import { statusOf } from '../host-tree.js';
import { isLeftOut } from '../toolchain/left-out.js';
import type { Owner } from './owned-files.js';
import { brief, isExecutable, RANKS, type Folder, type Walk } from '../toolchain/tree-walk.js';

/** A file that was written after its package was installed counts, unless it is what the package says. */
export function checkOwned(
  walk: Walk,
  name: string,
  path: string,
  place: { onPath: boolean; owner: Owner },
): void {
  const { tree, owned, watch, lines } = walk;
  const { owner, onPath } = place;
  const status = statusOf(tree, path);
  if (status?.isFile() !== true) return;
  const isFirst = isCode(basename(path), isExecutable(status));
  watch.note(path, status, onPath ? RANKS.program : isFirst ? RANKS.code : RANKS.owned);
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
export function noteMissing(walk: Walk, folder: Folder, entries: readonly Dirent[]): void {
  const ofPackages = walk.owned.in(folder.path);
  if (ofPackages.size === 0) return;
  const names = new Set(entries.map((entry) => entry.name));
  for (const [name, { counts }] of ofPackages) {
    if (!counts || names.has(name) || isLeftOut(name, folder.path)) continue;
    walk.lines.push(`${join(folder.name, name)} missing`);
  }
}
