import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { contentOf, entriesOf, resolvePath, statusOf, type HostTree } from './host-tree.js';
import { bindOf, type Bind, type Mounts } from './mounts.js';
import { holdsSecret } from './secrets.js';

/** Settings of the whole machine that say where package managers and git fetch from. */
const FILES = [
  'pip.conf',
  'xdg/pip/pip.conf',
  'npmrc',
  'maven/settings.xml',
  'gemrc',
  'gitconfig',
  'wgetrc',
  'condarc',
  'conda/.condarc',
];
/** NuGet reads every file there. */
const FOLDERS = ['opt/NuGet/Config'];

/** No such settings are larger, in bytes. */
const LARGEST = 256 * 1024;
const READABLE_FOR_ALL = 0o004;

export interface Mirrors extends Mounts {
  /** SHA-256, as hex, of what is shown. */
  readonly digest: string;
  /** What is not, for it holds a secret or is not for everybody: absolute paths. */
  readonly withheld: readonly string[];
}

/** Where this machine's package managers fetch from, as its administrator has set it in /etc. */
export function mirrorsOf(tree: HostTree): Mirrors {
  const hash = createHash('sha256');
  const binds: Bind[] = [];
  const withheld: string[] = [];
  for (const path of candidates(tree)) {
    const real = resolvePath(tree, path)?.path;
    const bind = real === undefined ? undefined : bindOf(tree, real, path);
    if (real === undefined || bind?.kind !== 'file') continue;
    const content = openContent(tree, real);
    if (content === undefined) {
      withheld.push(path);
    } else {
      hash.update(`${path} ${content.length}\n`).update(content);
      binds.push(bind);
    }
  }
  return { binds, links: [], digest: hash.digest('hex'), withheld };
}

/** Undefined for what is not for everybody. */
function openContent(tree: HostTree, path: string): Buffer | undefined {
  const { mode = 0, size = Infinity } = statusOf(tree, path) ?? {};
  if ((mode & READABLE_FOR_ALL) === 0 || size > LARGEST) return undefined;
  const content = contentOf(tree, path);
  return content === undefined || holdsSecret(content) ? undefined : content;
}

function candidates(tree: HostTree): readonly string[] {
  const inFolders = FOLDERS.flatMap((folder) =>
    (entriesOf(tree, join('/etc', folder)) ?? []).map((entry) => join(folder, entry.name)),
  );
  return [...FILES, ...inFolders].sort().map((name) => join('/etc', name));
}
