import { createHash } from 'node:crypto';
import { arch } from 'node:os';
import type { Machine } from '../machine.js';
import type { DigestMemory } from '../memory/digest-memory.js';
import { compareUtf8 } from '../reapi/order.js';
import { distributionOf } from './distribution.js';
import { etcOf, resolverOf } from './etc.js';
import { checkHostPath, hostPathDigest } from './host-paths.js';
import { isWithin, resolvePath, type HostTree, type Link } from './host-tree.js';
import { combineMounts, expose, type Bind, type Mounts } from './mounts.js';
import { packagesIdentity } from './packages.js';
import { pathFolders } from './path-folders.js';
import { systemProgramsDigest } from './system-programs.js';
import { isTaken, type Surroundings } from './tool-roots.js';
import { toolVariables } from './tool-variables.js';
import { toolchainOf } from './toolchain.js';

export type { Bind, Link };

/** Counts up whenever this code reads the same machine as another identity. */
const SCHEME = '1';

/** The system's own folders, where they are: on most machines all but /usr are links into it. */
const SYSTEM = ['/usr', '/bin', '/lib', '/lib32', '/lib64', '/libx32', '/sbin'];

/** What the sandbox shows of this machine, and what names it. */
export interface Rootfs {
  readonly kind: 'host';
  /** One word without ':' that names the toolchain: `host-` and 64 hex digits. */
  readonly identity: string;
  /** What the identity was made of: name -> digest or short text, sorted by name. */
  readonly parts: Readonly<Record<string, string>>;
  /** Sorted by target. */
  readonly binds: readonly Bind[];
  /** Sorted by path. */
  readonly links: readonly Link[];
  /** PATH inside. */
  readonly path: readonly string[];
  /** Variables that tools of the host need inside; never anything secret. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface RootfsRequest {
  readonly machine: Machine;
  /** `host-paths` as the user wrote them. */
  readonly hostPaths: readonly string[];
  readonly network: 'off' | 'on';
  readonly memory: DigestMemory;
  /** Packages that this action itself installed and that do not count, without architecture. */
  readonly ownPackages: readonly string[];
  /** Folders that are no part of the toolchain wherever they lie, such as `cache-dir`. */
  readonly excluded?: readonly string[];
  readonly signal?: AbortSignal;
}

/**
 * The host's own toolchain as a root file system: what of it is shown read-only, and the identity of that. The same
 * image has the same identity on every machine; another package, distribution, image or tool gives another.
 *
 * @throws InputError for a host path that cannot be shown; Fault when the package database cannot be read; the
 *   signal's reason when it is aborted.
 */
export function hostRootfs(request: RootfsRequest): Promise<Rootfs> {
  return rootfsOf({ root: '/' }, request);
}

/** The same for any tree that looks like a machine's root. */
export async function rootfsOf(tree: HostTree, request: RootfsRequest): Promise<Rootfs> {
  const { machine, memory } = request;
  const signal = request.signal ?? new AbortController().signal;
  const ownPackages = [...request.ownPackages].sort(compareUtf8);
  const around = surroundingsOf(tree, machine, request.excluded ?? []);
  const hostPaths = request.hostPaths.map((path) => checkHostPath(tree, path, around));
  const system = combineMounts(SYSTEM.map((path) => expose(tree, path)));
  const systemFolders = system.binds.map((bind) => bind.target);

  const packages = await packagesIdentity({ tree, memory, ownPackages, signal });
  const programs = systemProgramsDigest(tree, ownPackages, memory);
  const etc = etcOf(tree, systemFolders, memory);
  const { environment } = machine;
  const folders = pathFolders(tree, { entries: machine.path, around, systemFolders });
  const listSystem = packages === undefined;
  const scope = { tree, folders, around, systemFolders, environment, memory, listSystem, signal };
  const toolchain = await toolchainOf(scope);

  const isShown = shownBy(tree, [...systemFolders, ...toolchain.roots]);
  const variables = toolVariables({ ...toolchain, environment, isShown });
  const path = folders.map((folder) => folder.inside);
  const named = [...path, ...Object.values(variables).flatMap((value) => value.split(':'))].filter(isShown);
  const exposed = [...toolchain.roots, ...named, ...hostPaths].map((each) => expose(tree, each));
  const mounts = combineMounts([system, etc, ...exposed]);
  const parts: Record<string, string> = {
    ...toolchain.parts,
    architecture: arch(),
    distribution: distributionOf(tree),
    etc: etc.digest,
    image: machine.image ?? 'unknown',
    mounts: mountsDigest(mounts),
    packages: packages ?? 'no database known here, the files of the system are listed',
    programs,
    scheme: SCHEME,
  };
  for (const each of hostPaths) parts[`host-path:${each}`] = await hostPathDigest(tree, each, memory, signal);
  return {
    kind: 'host',
    ...identityOf(parts),
    ...(request.network === 'on' ? combineMounts([mounts, resolverOf(tree)]) : mounts),
    path,
    environment: variables,
  };
}

/** Tells whether a path of the host can be found inside. */
function shownBy(tree: HostTree, folders: readonly string[]): (path: string) => boolean {
  return (path) => {
    const real = resolvePath(tree, path)?.path;
    return real !== undefined && !isTaken(path) && folders.some((folder) => isWithin(real, folder));
  };
}

/** Real paths, because they are compared with real paths. */
function surroundingsOf(tree: HostTree, machine: Machine, excluded: readonly string[]): Surroundings {
  const real = (path: string): string => resolvePath(tree, path)?.path ?? path;
  return {
    workspace: real(machine.workspace),
    home: real(machine.home),
    temporary: real(machine.temporary),
    userCache: real(machine.userCache),
    toolCache: machine.toolCache === undefined ? undefined : real(machine.toolCache),
    excluded: excluded.map(real),
  };
}

function identityOf(parts: Readonly<Record<string, string>>): Pick<Rootfs, 'identity' | 'parts'> {
  const sorted = Object.entries(parts).sort(([a], [b]) => compareUtf8(a, b));
  const hash = createHash('sha256').update(JSON.stringify(sorted)).digest('hex');
  return { identity: `host-${hash}`, parts: Object.fromEntries(sorted) };
}

function mountsDigest({ binds, links }: Mounts): string {
  const lines = [
    ...binds.map((bind) => `${bind.target} ${bind.kind}`),
    ...links.map((link) => `${link.path} -> ${link.target}`),
  ];
  return createHash('sha256').update(lines.join('\n')).digest('hex');
}
