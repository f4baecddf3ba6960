import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { contentOf, entriesOf, statusOf, type HostTree } from '../host-tree.js';
import type { Checksum, PackageFiles } from './owned-files.js';
import { parsePacman, type Package } from './package-lists.js';

export const PACMAN_LOCAL = '/var/lib/pacman/local';

/** Every package with the digest of its mtree, which holds the checksum of each file. */
export function pacmanPackages(tree: HostTree): Package[] {
  return folders(tree).flatMap((folder) => {
    const mtree = contentOf(tree, join(PACMAN_LOCAL, folder, 'mtree'));
    const contents = mtree && createHash('sha256').update(mtree).digest('hex');
    return parsePacman([folder]).map((entry) => (contents === undefined ? entry : { ...entry, contents }));
  });
}

/** The files of all packages that pacman has. */
export function pacmanFiles(tree: HostTree): PackageFiles[] {
  return folders(tree).flatMap((folder) => {
    const [entry] = parsePacman([folder]);
    if (entry === undefined) return [];
    const at = join(PACMAN_LOCAL, folder);
    const status = statusOf(tree, join(at, 'files'));
    const text = contentOf(tree, join(at, 'files'))?.toString() ?? '';
    const paths = (/^%FILES%\n((?:.+\n?)*)/m.exec(text)?.[1] ?? '')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => `/${line.replace(/\/$/, '')}`);
    const installed = { mtimeMs: status?.mtimeMs ?? Infinity, ctimeMs: status?.ctimeMs ?? Infinity };
    return [{ name: entry.name, installed, paths, checksums: () => readMtree(tree, join(at, 'mtree')) }];
  });
}

function folders(tree: HostTree): string[] {
  return (entriesOf(tree, PACMAN_LOCAL) ?? []).map((entry) => entry.name);
}

/** Lines such as `./usr/bin/make time=1.0 size=5 sha256digest=…`, with octal escapes in names (mtree(5)). */
function readMtree(tree: HostTree, file: string): Map<string, Checksum> {
  const packed = contentOf(tree, file);
  const sums = new Map<string, Checksum>();
  if (packed === undefined) return sums;
  for (const line of unpack(packed).split('\n')) {
    const match = /^\.(\/\S+) .*\bsha256digest=([0-9a-f]{64})/.exec(line);
    if (match?.[1] !== undefined && match[2] !== undefined) {
      sums.set(unescapeOctal(match[1]), { algorithm: 'sha256', hex: match[2] });
    }
  }
  return sums;
}

function unpack(packed: Buffer): string {
  try {
    return gunzipSync(packed).toString();
  } catch {
    return '';
  }
}

function unescapeOctal(name: string): string {
  const bytes = name.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(parseInt(digits, 8)),
  );
  return Buffer.from(bytes, 'latin1').toString();
}
