import { FileSink } from '../cache/file-sink.js';
import { memorySink, watchSink } from '../cache/blob-sink.js';
import type { KeptCache } from '../cache/kept-cache.js';
import type { FileToFetch } from '../casd/stored-results.js';
import type { Digest } from '../reapi/digest.js';
import { walkTree } from '../reapi/walk-tree.js';
import type { CasService } from '../remote/cas-service.js';
import { downloadFiles } from '../remote/download-to-files.js';
import type { TransferProgress } from '../remote/progress.js';
import { fetchTree } from '../remote/tree.js';

/** The encoded directories of a tree by hash. */
export type Directories = ReadonlyMap<string, Uint8Array>;

/** Where a root file system comes from. What it gives is what its digests say. */
export interface RootfsOrigin {
  /** All directories of the tree: those that are known, and what the origin has of the others. */
  directories(root: Digest, known: Directories, signal: AbortSignal): Promise<Directories>;
  /** @param onWhole called for a file that is there as a whole */
  files(files: readonly FileToFetch[], onWhole: (digest: Digest) => void, signal: AbortSignal): Promise<void>;
}

export function remoteOrigin(cas: CasService, progress: TransferProgress): RootfsOrigin {
  return {
    directories: async (root, known, signal) => (await fetchTree(cas, root, signal, known)).directories,
    files: (files, onWhole, signal) => downloadFiles(cas, files, signal, { progress, onWhole }),
  };
}

/** @throws UnusableBlob at the first blob that no pack has */
export function keptOrigin(cache: KeptCache): RootfsOrigin {
  return {
    directories: async (root, known, signal) => {
      const directories = new Map(known);
      const find = ({ hash }: Digest) => directories.get(hash);
      for (let { holes } = walkTree(root, find); holes.length > 0;) {
        const sinks = new Map(holes.map(({ hash }) => [hash, memorySink()]));
        await cache.read(holes, sinks, signal);
        for (const [hash, { blob }] of sinks) directories.set(hash, blob ?? Buffer.alloc(0));
        ({ holes } = walkTree(root, find));
      }
      return directories;
    },
    files: (files, onWhole, signal) => {
      const sinks = new Map(
        files.map((file) => [file.digest.hash, watchSink(new FileSink(file), () => onWhole(file.digest))]),
      );
      return cache.read(
        files.map(({ digest }) => digest),
        sinks,
        signal,
      );
    },
  };
}
