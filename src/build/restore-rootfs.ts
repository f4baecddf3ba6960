import { join } from 'node:path';
import { openScratch } from '../cache/scratch.js';
import type { CasdConnection } from '../casd/connection.js';
import { findMissing, moveFiles, storeBlobs } from '../casd/store.js';
import { storedDirectories } from '../casd/stored-directories.js';
import { Fault } from '../errors.js';
import { formatDigest, sameDigest, type Digest } from '../reapi/digest.js';
import { walkTree, type WalkedTree } from '../reapi/walk-tree.js';
import { downloadFiles } from '../remote/download-to-files.js';
import type { TransferProgress } from '../remote/progress.js';
import { allTogether } from '../remote/side-by-side.js';
import { fetchTree } from '../remote/tree.js';
import { rootfsName, type Rootfs } from '../sandbox/rootfs.js';
import { fetchRootfs } from './fetch-rootfs.js';
import { Gathered } from './gathered.js';
import type { RemoteServices } from './remote-services.js';
import type { RunContext } from './run-context.js';
import { tellProgress } from './tell-progress.js';

/** A tree that casd holds as a whole. */
export type WholeTree = Omit<WalkedTree, 'holes'>;

/**
 * Makes sure that casd has the root file system of a build, and fetches from the remote what it lacks.
 *
 * @returns undefined for the host's own, which is mounted
 * @throws Fault where it cannot be had
 */
export async function restoreRootfs(
  context: RunContext,
  casd: CasdConnection,
  rootfs: Rootfs,
  signal: AbortSignal,
): Promise<WholeTree | undefined> {
  const { root } = rootfs;
  if (root === undefined) return undefined;
  return context.watch.measure('rootfs', () => restore(context, casd, root, signal));
}

async function restore(
  context: RunContext,
  casd: CasdConnection,
  root: Digest,
  signal: AbortSignal,
): Promise<WholeTree> {
  const known = await storedDirectories(context.folder, root);
  const here = walkTree(root, known);
  if (here.holes.length === 0 && (await findMissing(casd, here.files, signal)).size === 0) return here;
  return fetchRootfs(context.session, rootfsName({ root }), (services) => {
    const what = 'fetching the root file system';
    context.log.phase(what);
    const progress = tellProgress(context.log, what);
    return new Restore(context, casd, services, progress).run(root, known, signal);
  });
}

class Restore {
  constructor(
    private readonly context: RunContext,
    private readonly casd: CasdConnection,
    private readonly services: RemoteServices,
    private readonly progress: TransferProgress,
  ) {}

  async run(root: Digest, known: ReadonlyMap<string, Uint8Array>, signal: AbortSignal): Promise<WholeTree> {
    const tree = await fetchTree(this.services.cas, root, signal, known);
    const missing = await findMissing(this.casd, tree.files, signal);
    const lacking = tree.files.filter(({ hash }) => missing.has(hash));
    await this.#bringFiles(lacking, signal);
    const folders = [...tree.directories].filter(([hash]) => !known.has(hash)).map(([, bytes]) => bytes);
    await storeBlobs(this.casd, folders, signal);
    return { reached: tree.directories, files: tree.files };
  }

  /** While casd takes some files, the next ones are fetched. */
  async #bringFiles(lacking: readonly Digest[], signal: AbortSignal): Promise<void> {
    await using scratch = await openScratch(this.context.folder.kept.scratch);
    const files = lacking.map((digest) => ({ digest, path: join(scratch.path, digest.hash), mode: 0o600 }));
    const groups = new Gathered<Digest>();
    const fetch = async (either: AbortSignal) => {
      try {
        await downloadFiles(this.services.cas, files, either, {
          progress: this.progress,
          onWhole: (digest) => {
            this.context.session?.fetched(digest);
            groups.add(digest);
          },
        });
      } finally {
        groups.close();
      }
    };
    const take = async (either: AbortSignal) => {
      for await (const group of groups) await this.#giveToCasd(scratch.path, group, either);
    };
    await allTogether([fetch, take], signal);
  }

  async #giveToCasd(folder: string, group: readonly Digest[], signal: AbortSignal): Promise<void> {
    const taken = await moveFiles(
      this.casd,
      folder,
      group.map(({ hash }) => hash),
      signal,
    );
    const wrong = group.find((digest) => !sameDigest(taken.get(digest.hash), digest));
    if (wrong !== undefined) throw new Fault(`casd did not take ${formatDigest(wrong)} as it is`);
  }
}
