import { join } from 'node:path';
import { watchSink } from '../../cas/blob-sink.js';
import { FileSink } from '../../cas/file-sink.js';
import { openScratch } from '../../packs/scratch.js';
import type { CasdConnection } from '../../casd/connection.js';
import { dropDamaged } from '../../local/drop-damaged.js';
import { findMissing, moveFiles, storeBlobs } from '../../casd/store.js';
import { storedDirectories } from '../../local/stored-directories.js';
import { Fault } from '../../errors.js';
import { formatDigest, sameDigest, type Digest } from '../../reapi/digest.js';
import { digestsOf, walkTree, type WalkedTree } from '../../reapi/walk-tree.js';
import { together } from '../../async/together.js';
import { rootfsName, type Rootfs } from '../../rootfs/rootfs.js';
import { fetchRootfs } from './fetch-rootfs.js';
import { tellDamaged } from './damaged-cache.js';
import { HandOver } from '../../async/hand-over.js';
import { type Directories, packOrigin, remoteOrigin, type RootfsOrigin } from './rootfs-origins.js';
import type { RunContext } from '../run-context.js';
import { tellProgress } from '../tell-progress.js';

/** A tree that casd holds as a whole. */
export type WholeTree = Omit<WalkedTree, 'holes'>;

/**
 * Makes sure that casd has the root file system of a build, and fetches what it lacks: from what is kept between runs,
 * and else from the remote.
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
  return context.watch.measure('rootfs', async () => {
    const whole = await new Restore(context, casd, root).run(signal);
    await context.packs?.noteTree(root);
    return whole;
  });
}

const WHAT = 'fetching the root file system';

class Restore {
  #known: Directories = new Map();

  constructor(
    private readonly context: RunContext,
    private readonly casd: CasdConnection,
    private readonly root: Digest,
  ) {}

  async run(signal: AbortSignal): Promise<WholeTree> {
    return (await this.#fromHere(signal)) ?? (await this.#fromPacks()) ?? (await this.#fromRemote(signal));
  }

  /** Asking casd for all of it also keeps all of it from being expired. */
  async #fromHere(signal: AbortSignal): Promise<WholeTree | undefined> {
    const { holes, ...tree } = walkTree(this.root, storedDirectories(this.context.folder));
    this.#known = tree.reached;
    if (holes.length > 0) return undefined;
    const all = [...digestsOf(tree.reached), ...tree.files];
    return (await this.#missing(all, signal)).size === 0 ? tree : undefined;
  }

  /** What casd lacks, and what it only seems to have. */
  async #missing(digests: readonly Digest[], signal: AbortSignal): Promise<ReadonlySet<string>> {
    const { folder, log } = this.context;
    const damaged = await dropDamaged(folder, digests, 'form', signal);
    if (damaged.length > 0) log.warn(`the local cache was damaged: ${tellDamaged(damaged)}. Fetching anew`);
    return findMissing(this.casd, digests, signal);
  }

  async #fromPacks(): Promise<WholeTree | undefined> {
    const { packs, log } = this.context;
    if (packs === undefined) return undefined;
    log.phase(WHAT);
    return packs.read((cache, limited) => this.#bring(packOrigin(cache), limited));
  }

  #fromRemote(signal: AbortSignal): Promise<WholeTree> {
    const { session, log } = this.context;
    return fetchRootfs(session, rootfsName({ root: this.root }), ({ cas }) => {
      log.phase(WHAT);
      const onFetched = (digest: Digest) => session?.fetched(digest);
      return this.#bring(remoteOrigin(cas, tellProgress(log, WHAT)), signal, onFetched);
    });
  }

  async #bring(
    origin: RootfsOrigin,
    signal: AbortSignal,
    onFetched: (digest: Digest) => void = () => undefined,
  ): Promise<WholeTree> {
    const directories = await origin.directories(this.root, this.#known, signal);
    const { reached, files } = walkTree(this.root, ({ hash }) => directories.get(hash));
    const isNew = ([hash]: readonly [string, Uint8Array]) => !this.#known.has(hash);
    await storeBlobs(
      this.casd,
      [...reached].filter(isNew).map(([, bytes]) => bytes),
      signal,
    );
    this.#known = reached;
    const missing = await this.#missing(files, signal);
    const lacking = files.filter(({ hash }) => missing.has(hash));
    await this.#bringFiles(origin, lacking, onFetched, signal);
    return { reached, files };
  }

  /** While casd takes some files, the next ones are fetched. */
  async #bringFiles(
    origin: RootfsOrigin,
    lacking: readonly Digest[],
    onFetched: (digest: Digest) => void,
    signal: AbortSignal,
  ): Promise<void> {
    if (lacking.length === 0) return;
    await using scratch = await openScratch(this.context.folder.packs.scratch);
    const fileOf = (digest: Digest) => ({ digest, path: join(scratch.path, digest.hash), mode: 0o600 });
    const sink = new FileSink(lacking.map(fileOf));
    const fetched = new HandOver<Digest>();
    const onWhole = (digest: Digest) => {
      onFetched(digest);
      void fetched.push(digest);
    };
    const fetch = async (either: AbortSignal) => {
      try {
        await origin.read(sink.digests, watchSink(sink, onWhole), either);
      } finally {
        fetched.close();
      }
    };
    const take = async (either: AbortSignal) => {
      for await (const group of fetched.gathered()) await this.#giveToCasd(scratch.path, group, either);
    };
    await together(signal, fetch, take);
  }

  async #giveToCasd(folder: string, group: readonly Digest[], signal: AbortSignal): Promise<void> {
    const names = group.map(({ hash }) => hash);
    const taken = await moveFiles(this.casd, folder, names, signal);
    const wrong = group.find((digest) => !sameDigest(taken.get(digest.hash), digest));
    if (wrong !== undefined) throw new Fault(`casd did not take ${formatDigest(wrong)} as it is`);
  }
}
