import { createHash } from 'node:crypto';
import type { Machine } from '../machine.js';
import type { DigestCache } from '../digests/digest-cache.js';
import { formatDigest, type Digest } from '../reapi/digest.js';
import { compareUtf8 } from '../reapi/order.js';
import { hostPathDigest } from './host-paths.js';
import type { HostTree, Link } from './host-tree.js';
import type { Bind, Mounts } from './mounts.js';
import type { Hidden } from './toolchain/tree-walk.js';

export type { Bind, Link };

/** What a build finds outside its workspace, and what names that. */
export interface Rootfs {
  /** The Directory of a root file system that is in CAS; undefined for the machine's own. */
  readonly root: Digest | undefined;
  /** One word without ':' that names the toolchain: `host-` or `cas-`, and 64 hex digits. */
  readonly identity: string;
  /** What the identity was made of: name -> digest or short text, sorted by name. */
  readonly parts: Readonly<Record<string, string>>;
  /** Sorted by target. */
  readonly binds: readonly Bind[];
  /** Sorted by path. */
  readonly links: readonly Link[];
  /** PATH inside. */
  readonly path: readonly string[];
  /** Variables that tools of it need inside; never anything secret. */
  readonly environment: Readonly<Record<string, string>>;
  /** Real folders of tools that are too large to be looked at as a whole. */
  readonly cut: readonly string[];
  /** Those of which some files count by name, size and mode alone. */
  readonly bySize: readonly string[];
  /** What is not shown although it lies in a mount; paths are as they read inside. */
  readonly hidden: readonly Hidden[];
  /** Settings of package managers that are not shown, for they hold a secret; only with the network on. */
  readonly withheld: readonly string[];
}

export interface RootfsRequest {
  readonly machine: Machine;
  /** `host-paths` as the user wrote them. */
  readonly hostPaths: readonly string[];
  readonly network: 'off' | 'on';
  readonly memory: DigestCache;
  /** Packages that this action itself installed and that do not count, without architecture. */
  readonly ownPackages: readonly string[];
  /** Folders that are no part of the toolchain wherever they lie, such as `cache-dir`. */
  readonly excluded?: readonly string[];
  readonly signal: AbortSignal;
}

/** As the user writes it. */
export function rootfsName({ root }: Pick<Rootfs, 'root'>): string {
  return root === undefined ? 'host' : `cas:${formatDigest(root)}`;
}

/** Names what a build finds by all that makes it up. */
export function identityOf(
  kind: 'host' | 'cas',
  parts: Readonly<Record<string, string>>,
): Pick<Rootfs, 'identity' | 'parts'> {
  const sorted = Object.entries(parts).sort(([a], [b]) => compareUtf8(a, b));
  const hash = createHash('sha256').update(JSON.stringify(sorted)).digest('hex');
  return { identity: `${kind}-${hash}`, parts: Object.fromEntries(sorted) };
}

/** What of the identity comes from files and folders of the host that the user names. */
export async function hostPathParts(
  tree: HostTree,
  hostPaths: readonly string[],
  memory: DigestCache,
  signal: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  const parts: Record<string, string> = {};
  for (const path of hostPaths) parts[`host-path:${path}`] = await hostPathDigest(tree, path, memory, signal);
  return parts;
}

export function mountsDigest({ binds, links }: Mounts): string {
  const lines = [
    ...binds.map((bind) => `${bind.target} ${bind.kind}`),
    ...links.map((link) => `${link.path} -> ${link.target}`),
  ];
  return createHash('sha256').update(lines.join('\n')).digest('hex');
}
