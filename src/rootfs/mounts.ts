import { compareUtf8 } from '../reapi/order.js';
import { locate, resolvePath, statusOf, type HostTree, type Link } from './host-tree.js';
import { isWithin } from '../files/within.js';
import { HOME, WORKSPACE } from './layout.js';

/** A file or folder of the host that the sandbox shows, read-only. */
export interface Bind {
  /** Real absolute path on the host, without a symbolic link in it. */
  readonly source: string;
  /** Absolute path inside. */
  readonly target: string;
  readonly kind: 'directory' | 'file';
}

export interface Mounts {
  /** Sorted by target, so that a mount comes before those inside it. */
  readonly binds: readonly Bind[];
  /** Sorted by path. */
  readonly links: readonly Link[];
}

/** What the sandbox makes itself: nothing of the host can stand there, nor in place of a folder above. */
export const OWN: readonly string[] = [
  `/${HOME}`,
  `/${WORKSPACE}`,
  '/dev',
  '/etc/group',
  '/etc/hosts',
  '/etc/nsswitch.conf',
  '/etc/passwd',
  '/proc',
  '/tmp',
];

const NOTHING: Mounts = { binds: [], links: [] };

/**
 * Shows what stands at a path of the host under the same path: the links on the way to it, and the real thing. Where
 * the sandbox has a folder of its own in place of such a link, the real thing is mounted under both paths.
 */
export function expose(tree: HostTree, path: string): Mounts {
  const resolved = resolvePath(tree, path);
  if (resolved === undefined) return NOTHING;
  const isKept = resolved.links.every((link) => !OWN.some((own) => isWithin(own, link.path)));
  const targets = isKept ? [resolved.path] : [resolved.path, path];
  return {
    binds: targets.flatMap((target) => bindOf(tree, resolved.path, target) ?? []),
    links: isKept ? resolved.links : [],
  };
}

/** Binds a real path of the tree to `target`; undefined for anything but a file or a folder. */
export function bindOf(tree: HostTree, real: string, target: string): Bind | undefined {
  const status = statusOf(tree, real);
  const kind = status?.isDirectory() === true ? 'directory' : status?.isFile() === true ? 'file' : undefined;
  return kind && { source: locate(tree, real), target, kind };
}

/** Puts mounts together and leaves out those that another one shows already, and those that a link leads away from. */
export function combineMounts(mounts: readonly Mounts[]): Mounts {
  const sorted = mounts.flatMap((each) => each.binds).sort((a, b) => compareUtf8(a.target, b.target));
  const binds: Bind[] = [];
  for (const bind of sorted) if (!binds.some((outer) => shows(outer, bind))) binds.push(bind);
  const links = new Map<string, Link>();
  for (const link of mounts.flatMap((each) => each.links)) {
    if (!binds.some((bind) => isWithin(link.path, bind.target))) links.set(link.path, link);
  }
  return {
    binds: binds.filter((bind) => ![...links.keys()].some((link) => isWithin(bind.target, link))),
    links: [...links.values()].sort((a, b) => compareUtf8(a.path, b.path)),
  };
}

/** Where real paths of the tree can be seen inside. */
export function placesOf<Entry extends { readonly path: string }>(
  tree: HostTree,
  binds: readonly Bind[],
  entries: readonly Entry[],
): Entry[] {
  return binds.flatMap(({ source, target }) =>
    entries.flatMap((entry) => {
      const path = locate(tree, entry.path);
      return isWithin(path, source) ? [{ ...entry, path: target + path.slice(source.length) }] : [];
    }),
  );
}

function shows(outer: Bind, bind: Bind): boolean {
  if (!isWithin(bind.target, outer.target)) return false;
  return bind.source === outer.source + bind.target.slice(outer.target.length);
}
