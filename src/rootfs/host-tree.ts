import { lstatSync, readdirSync, readFileSync, readlinkSync, type Dirent, type Stats } from 'node:fs';
import { dirname, join, normalize, resolve } from 'node:path';
import { compareUtf8 } from '../reapi/order.js';

/** A machine's file system as seen from its root. `root` is `/`, or a folder that stands for it in a test. */
export interface HostTree {
  readonly root: string;
}

/** A symbolic link that the sandbox repeats, so that a path reads there as it does on the host. */
export interface Link {
  /** Absolute inside, such as `/bin`. */
  readonly path: string;
  /** As it stands on the host, such as `usr/bin`. */
  readonly target: string;
}

export interface Resolved {
  /** Absolute, without a symbolic link in it. */
  readonly path: string;
  /** The links that were followed on the way, in order. */
  readonly links: readonly Link[];
}

/** As many links as Linux follows before it gives up (path_resolution(7)). */
const MAX_LINKS = 40;

/** Where a path of the tree really lies. */
export function locate(tree: HostTree, path: string): string {
  return tree.root === '/' ? path : join(tree.root, path);
}

const QUIET = { throwIfNoEntry: false } as const;

/** The status of what stands at `path`, not following a link; undefined when nothing readable does. */
export function statusOf(tree: HostTree, path: string): Stats | undefined {
  try {
    return lstatSync(locate(tree, path), QUIET);
  } catch {
    return undefined;
  }
}

/** The entries of a folder in the order of their names' bytes; undefined when it cannot be read. */
export function entriesOf(tree: HostTree, path: string): Dirent[] | undefined {
  try {
    const entries = readdirSync(locate(tree, path), { withFileTypes: true });
    return entries.sort((a, b) => compareUtf8(a.name, b.name));
  } catch {
    return undefined;
  }
}

export function contentOf(tree: HostTree, path: string): Buffer | undefined {
  try {
    return readFileSync(locate(tree, path));
  } catch {
    return undefined;
  }
}

/** What a symbolic link says, word for word. */
export function targetOf(tree: HostTree, path: string): string | undefined {
  try {
    return readlinkSync(locate(tree, path));
  } catch {
    return undefined;
  }
}

/** Resolves every link of an absolute path. Undefined when it leads nowhere or round in a circle. */
export function resolvePath(tree: HostTree, path: string): Resolved | undefined {
  const links: Link[] = [];
  let pending = segments(path);
  let resolved = '/';
  for (let name = pending.shift(); name !== undefined; name = pending.shift()) {
    const next = join(resolved, name);
    const status = statusOf(tree, next);
    if (status === undefined) return undefined;
    if (!status.isSymbolicLink()) {
      resolved = next;
      continue;
    }
    const target = targetOf(tree, next);
    if (target === undefined || links.length === MAX_LINKS) return undefined;
    links.push({ path: next, target });
    pending = [...segments(resolve(dirname(next), target)), ...pending];
    resolved = '/';
  }
  return { path: resolved, links };
}

function segments(path: string): string[] {
  return normalize(path)
    .split('/')
    .filter((name) => name !== '');
}
