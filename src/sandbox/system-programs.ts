import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { DigestMemory } from '../memory/digest-memory.js';
import { contentOf, entriesOf, statusOf, targetOf, type HostTree } from './host-tree.js';
import { remembered, type Watch } from './watched.js';

/** The package manager's own folders of programs. */
export const SYSTEM_PROGRAM_FOLDERS = ['/bin', '/sbin', '/usr/bin', '/usr/sbin'];

/** Programs of the sandbox itself, and what dpkg leaves for a moment while it installs. */
const NOT_COUNTED = /^(bwrap|fusermount3?|mount\.fuse3?|buildbox-.*|.*\.dpkg-(new|tmp))$/;

/**
 * A digest, as hex, of the names, sizes and links in the system's program folders: it notices what was put there
 * without the package manager.
 *
 * @param ownPackages packages, known to dpkg, whose programs do not count.
 */
export function systemProgramsDigest(
  tree: HostTree,
  ownPackages: readonly string[],
  memory: DigestMemory,
): string {
  return remembered(memory, tree, ['system programs without', ...ownPackages].join(' '), (watch) => {
    const hash = createHash('sha256');
    const own = new Set(ownPackages.flatMap((name) => filesOfPackage(tree, name)));
    for (const folder of SYSTEM_PROGRAM_FOLDERS) {
      for (const line of describeFolder(tree, folder, own, watch)) hash.update(`${line}\n`);
    }
    return hash.digest('hex');
  });
}

function describeFolder(tree: HostTree, folder: string, own: ReadonlySet<string>, watch: Watch): string[] {
  const status = watch.status(folder);
  if (status?.isSymbolicLink() === true) return [`${folder} -> ${targetOf(tree, folder) ?? ''}`];
  return (entriesOf(tree, folder) ?? []).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (NOT_COUNTED.test(entry.name) || own.has(path)) return [];
    if (entry.isSymbolicLink()) return [`${path} -> ${targetOf(tree, path) ?? ''}`];
    return [`${path} ${statusOf(tree, path)?.size ?? ''}`];
  });
}

/** The files that dpkg installed for a package, also under the folder that holds them since /bin and /usr/bin are one. */
function filesOfPackage(tree: HostTree, name: string): string[] {
  const folder = '/var/lib/dpkg/info';
  const lists = (entriesOf(tree, folder) ?? [])
    .map((entry) => entry.name)
    .filter((file) => file === `${name}.list` || (file.startsWith(`${name}:`) && file.endsWith('.list')));
  const files = lists.flatMap((file) => contentOf(tree, join(folder, file))?.toString().split('\n') ?? []);
  return files.flatMap((file) => [file, `/usr${file}`]);
}
