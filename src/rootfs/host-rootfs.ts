import { arch } from 'node:os';
import { compareUtf8 } from '../reapi/order.js';
import { distributionOf } from './packages/distribution.js';
import { etcOf, resolverOf } from './etc.js';
import { checkHostPath } from './host-paths.js';
import { resolvePath, type HostTree } from './host-tree.js';
import { isWithin } from '../files/within.js';
import { limitsOf } from './toolchain/listing-limits.js';
import { combineMounts, expose, placesOf } from './mounts.js';
import { mirrorsOf } from './mirrors.js';
import { packagesOf } from './packages/packages.js';
import { pathFolders } from './toolchain/path-folders.js';
import { rehashHooks } from './rehash-hooks.js';
import { hostPathParts, identityOf, mountsDigest, type Rootfs, type RootfsRequest } from './rootfs.js';
import { surroundingsOf } from './surroundings.js';
import { isTaken } from './toolchain/tool-roots.js';
import { toolVariables } from './toolchain/tool-variables.js';
import { toolchainOf } from './toolchain/toolchain.js';

/** Counts up whenever this code reads the same machine as another identity. */
const SCHEME = '2';

/** The system's own folders, where they are: on most machines all but /usr are links into it. */
const SYSTEM = ['/usr', '/bin', '/lib', '/lib32', '/lib64', '/libx32', '/sbin'];

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
  const { machine, memory, signal } = request;
  const ownPackages = [...request.ownPackages].sort(compareUtf8);
  const around = surroundingsOf(tree, machine, request.excluded);
  const hostPaths = request.hostPaths.map((path) => checkHostPath(tree, path, around));
  const system = combineMounts(SYSTEM.map((path) => expose(tree, path)));
  const systemFolders = system.binds.map((bind) => bind.target);

  const packages = await packagesOf({ tree, memory, ownPackages, signal });
  const etc = etcOf(tree, systemFolders, memory);
  const { environment } = machine;
  const folders = pathFolders(tree, { entries: machine.path, around, systemFolders });
  const limits = limitsOf(machine.image);
  const scope = { tree, folders, around, systemFolders, environment, memory, ownPackages, packages };
  const toolchain = await toolchainOf({ ...scope, limits, signal });

  const isShown = shownBy(tree, [...systemFolders, ...toolchain.roots]);
  const variables = toolVariables({ ...toolchain, environment, isShown });
  const path = folders.map((folder) => folder.inside);
  const named = [...path, ...Object.values(variables).flatMap((value) => value.split(':'))].filter(isShown);
  const links = toolchain.links.filter(isShown);
  const exposed = [...toolchain.roots, ...links, ...named, ...hostPaths].map((each) => expose(tree, each));
  const mirrors = request.network === 'on' ? mirrorsOf(tree) : undefined;
  const mounts = combineMounts([system, etc, ...(mirrors === undefined ? [] : [mirrors]), ...exposed]);
  // What the user names is shown, whatever it is.
  const isNamed = (path: string) =>
    hostPaths.some((each) => isWithin(path, resolvePath(tree, each)?.path ?? each));
  const concealed = [...toolchain.hidden, ...rehashHooks(tree, toolchain.roots)];
  const hidden = concealed.filter(({ path }) => !isNamed(path));
  const parts = {
    ...toolchain.parts,
    ...(await hostPathParts(tree, hostPaths, memory, signal)),
    architecture: arch(),
    distribution: distributionOf(tree),
    etc: etc.digest,
    image: machine.image ?? 'unknown',
    ...(mirrors === undefined ? {} : { mirrors: mirrors.digest }),
    mounts: mountsDigest(mounts),
    packages: packages?.identity ?? 'no database known here, the files of the system are listed',
    scheme: SCHEME,
  };
  return {
    root: undefined,
    ...identityOf('host', parts),
    ...(request.network === 'on' ? combineMounts([mounts, resolverOf(tree)]) : mounts),
    path,
    environment: variables,
    cut: toolchain.cut,
    bySize: toolchain.bySize,
    hidden: placesOf(tree, mounts.binds, hidden),
    withheld: mirrors?.withheld ?? [],
  };
}

/** Tells whether a path of the host can be found inside. */
function shownBy(tree: HostTree, folders: readonly string[]): (path: string) => boolean {
  return (path) => {
    const real = resolvePath(tree, path)?.path;
    return real !== undefined && !isTaken(path) && folders.some((folder) => isWithin(real, folder));
  };
}
