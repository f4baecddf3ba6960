import { formatDigest, type Digest } from '../reapi/digest.js';
import { resolverOf } from './etc.js';
import { checkHostPath } from './host-paths.js';
import type { HostTree } from './host-tree.js';
import { combineMounts, expose } from './mounts.js';
import { hostPathParts, identityOf, mountsDigest, type Rootfs, type RootfsRequest } from './rootfs.js';
import { surroundingsOf } from './surroundings.js';

/** Where distributions have their programs. */
const PATH = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/**
 * A root file system out of CAS: nothing of this machine is in it but what the user names, so that the same digest is
 * the same toolchain on every machine.
 *
 * @throws InputError for a host path that cannot be shown; the signal's reason when it is aborted
 */
export async function casRootfs(root: Digest, request: Omit<RootfsRequest, 'ownPackages'>): Promise<Rootfs> {
  const { memory, signal } = request;
  const tree: HostTree = { root: '/' };
  const around = surroundingsOf(tree, request.machine, request.excluded);
  const hostPaths = request.hostPaths.map((path) => checkHostPath(tree, path, around));
  const mounts = combineMounts(hostPaths.map((path) => expose(tree, path)));
  return {
    root,
    ...identityOf('cas', {
      ...(await hostPathParts(tree, hostPaths, memory, signal)),
      mounts: mountsDigest(mounts),
      root: formatDigest(root),
    }),
    ...(request.network === 'on' ? combineMounts([mounts, resolverOf(tree)]) : mounts),
    path: PATH,
    environment: {},
    cut: [],
    bySize: [],
    hidden: [],
    withheld: [],
  };
}
