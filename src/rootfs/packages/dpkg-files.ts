import { createHash } from 'node:crypto';
import { contentOf, entriesOf, statusOf, type HostTree } from '../host-tree.js';
import type { Checksum, PackageFiles } from './owned-files.js';
import type { Package } from './package-lists.js';

export const DPKG_INFO = '/var/lib/dpkg/info';

/** What no build reads is not worth the time: `doc` and `man` alone are half of all files. */
const NOT_LOOKED_AT = /^\/(usr\/share\/(doc|man|info|gtk-doc)\/|etc\/|var\/|\.$)/;

/** Adds the digest of each package's list of checksums, which tells a rebuilt package from another of its version. */
export function withContents(tree: HostTree, packages: readonly Package[]): Package[] {
  return packages.map((entry) => {
    const { name, architecture } = entry;
    const list =
      contentOf(tree, `${DPKG_INFO}/${name}.md5sums`) ??
      contentOf(tree, `${DPKG_INFO}/${name}:${architecture}.md5sums`);
    return list === undefined
      ? entry
      : { ...entry, contents: createHash('sha256').update(list).digest('hex') };
  });
}

/** The files of all packages that dpkg has, where diversions put them. */
export function dpkgFiles(tree: HostTree): PackageFiles[] {
  const diversions = readDiversions(tree);
  return (entriesOf(tree, DPKG_INFO) ?? []).flatMap(({ name: file }) => {
    if (!file.endsWith('.list')) return [];
    const stem = `${DPKG_INFO}/${file.slice(0, -'.list'.length)}`;
    const name = file.replace(/(:[^:]*)?\.list$/, '');
    const status = statusOf(tree, `${stem}.list`);
    const divert = (path: string): string => {
      const diversion = diversions.get(path);
      return diversion === undefined || diversion.by === name ? path : diversion.to;
    };
    const paths = linesOf(tree, `${stem}.list`)
      .filter((path) => path.startsWith('/') && !NOT_LOOKED_AT.test(path))
      .map(divert);
    const installed = { mtimeMs: status?.mtimeMs ?? Infinity, ctimeMs: status?.ctimeMs ?? Infinity };
    return [{ name, installed, paths, checksums: () => readChecksums(tree, `${stem}.md5sums`, divert) }];
  });
}

function readChecksums(
  tree: HostTree,
  file: string,
  divert: (path: string) => string,
): Map<string, Checksum> {
  return new Map(
    linesOf(tree, file).flatMap((line) => {
      const match = /^([0-9a-f]{32}) [ *](.+)$/.exec(line);
      if (match?.[1] === undefined || match[2] === undefined) return [];
      return [[divert(`/${match[2]}`), { algorithm: 'md5', hex: match[1] }] as const];
    }),
  );
}

interface Diversion {
  readonly to: string;
  /** The package whose own file stays in the place; `:` where a person diverted it. */
  readonly by: string;
}

/** Three lines each: the path, where it is put instead, and who is the exception (dpkg-divert(1)). */
function readDiversions(tree: HostTree): ReadonlyMap<string, Diversion> {
  const lines = linesOf(tree, '/var/lib/dpkg/diversions');
  const found = new Map<string, Diversion>();
  for (let i = 0; i + 2 < lines.length; i += 3) {
    const [path = '', to = '', by = ''] = lines.slice(i, i + 3);
    found.set(path, { to, by });
  }
  return found;
}

function linesOf(tree: HostTree, file: string): string[] {
  return contentOf(tree, file)?.toString().split('\n') ?? [];
}
