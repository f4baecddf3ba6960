import type { Store } from '../../cas/store.js';
import type { PackCache } from '../../packs/pack-cache.js';
import type { Digest } from '../../reapi/digest.js';
import { walkTree } from '../../reapi/walk-tree.js';
import type { CasService } from '../../remote/cas-service.js';
import { download } from '../../remote/transfer/download.js';
import type { TransferProgress } from '../../remote/transfer/progress.js';
import { fetchTree } from '../../remote/transfer/tree.js';

/** The encoded directories of a tree by hash. */
export type Directories = ReadonlyMap<string, Uint8Array>;

/** Where a root file system comes from. What it gives is what its digests say. */
export interface RootfsOrigin extends Pick<Store, 'read'> {
  /** All directories of the tree: those that are known, and what the origin has of the others. */
  directories(root: Digest, known: Directories, signal: AbortSignal): Promise<Directories>;
}

export function remoteOrigin(cas: CasService, progress: TransferProgress): RootfsOrigin {
  return {
    directories: async (root, known, signal) => (await fetchTree(cas, root, signal, known)).directories,
    read: (digests, sink, signal) => download(cas, digests, sink, signal, progress),
  };
}

/** @throws UnusableBlob at the first blob that no pack has */
export function packOrigin(cache: PackCache): RootfsOrigin {
  return {
    directories: async (root, known, signal) => {
      const directories = new Map(known);
      const find = ({ hash }: Digest) => directories.get(hash);
      for (let { holes } = walkTree(root, find); holes.length > 0;) {
        for (const [hash, blob] of await cache.readBlobs(holes, signal)) directories.set(hash, blob);
        ({ holes } = walkTree(root, find));
      }
      return directories;
    },
    read: (digests, sink, signal) => cache.read(digests, sink, signal),
  };
}
