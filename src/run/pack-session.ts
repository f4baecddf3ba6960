import type { Entry } from '../packs/index/cache-index.js';
import { PackCache } from '../packs/pack-cache.js';
import { noteBuilt, noteLost, noteTree, noteUsed } from '../packs/pending.js';
import { TransportError } from '../packs/transport/transport.js';
import type { CacheFolder } from '../local/folder.js';
import type { CacheConfig, Config } from '../config/config.js';
import { Fault, messageOf } from '../errors.js';
import type { Host } from '../host/host.js';
import type { Log } from '../machine.js';
import type { Digest } from '../reapi/digest.js';
import { UnusableBlob } from '../reapi/unusable-blob.js';
import { formatDuration } from '../report/format-quantity.js';
import type { PackReport } from '../report/run/pack-report.js';
import { withTimeLimit } from '../async/time-limit.js';
import { isReadLater } from '../trust/cache-scopes.js';
import { openPackPlace, type OpenPackPlace, pendingFolder } from './pack-place.js';
import { packStore } from '../packs/pack-store.js';
import { packTrust, type PackTrust } from './pack-trust.js';
import type { Store } from '../cas/store.js';

/** What the indexes may take in milliseconds: a service that is down must not hold up the build for long. */
const INDEX_LIMIT = 10_000;

/** A use is told to the others only after this part of `cache-max-age`, so that a hit need not be saved. */
const UNTOLD_SHARE = 0.25;

/** The cache between runs, as one run uses it: what goes wrong with it costs time, and never fails a build. */
export class PackSession {
  readonly #closing = new AbortController();
  readonly #cache: PackCache | undefined;
  #lookup: PackReport['lookup'] = 'not asked';
  #problem: string | null = null;
  #denied = false;

  private constructor(
    private readonly config: CacheConfig,
    private readonly place: OpenPackPlace,
    private readonly pending: string,
    private readonly log: Log,
    private readonly trust: PackTrust,
    private readonly signal: AbortSignal,
  ) {
    const indexSignal = this.#within(this.#indexLimit);
    const onLost = (packId: string) => this.#note(() => noteLost(pending, packId));
    const { transport, scopes } = place;
    this.#cache = transport.access.read
      ? new PackCache(place, scopes.readable, this.trust.believes, onLost, indexSignal)
      : undefined;
  }

  /** Opens what is configured and begins to read it; undefined where nothing is kept between runs. */
  static async open(
    { cache: config, requireTier }: Pick<Config, 'cache' | 'requireTier'>,
    host: Pick<Host, 'machine' | 'provenance'>,
    log: Log,
    folder: CacheFolder,
    signal: AbortSignal,
  ): Promise<PackSession | undefined> {
    try {
      const place = await openPackPlace(config, { ...host, log }, folder, signal);
      const trust = packTrust(config.packs, host.provenance, requireTier);
      return place && new PackSession(config, place, pendingFolder(config, host, folder), log, trust, signal);
    } catch (error) {
      signal.throwIfAborted();
      log.warn(`what is kept between runs cannot be used: ${messageOf(error)}`);
      return undefined;
    }
  }

  /** Works with the kept results, or says once why that cannot be. */
  async attempt<T>(
    work: (source: Store, signal: AbortSignal) => Promise<T | undefined>,
  ): Promise<T | undefined> {
    if (this.trust.unproven !== undefined) {
      this.log.info(this.trust.unproven);
      return undefined;
    }
    return this.#use(async (cache, limited) => {
      const source = packStore(cache, this.trust.repository, (entry) => this.#noteUse(entry));
      const found = await workUntilNothingIsLost(cache, () => work(source, limited));
      this.#lookup = found === undefined ? 'miss' : 'hit';
      return found;
    });
  }

  /** Reads blobs, which prove themselves whoever wrote them; undefined where one of them cannot be had. */
  read<T>(work: (cache: PackCache, signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
    return this.#use((cache, limited) =>
      work(cache, limited).catch((error: unknown) => {
        if (error instanceof UnusableBlob) return undefined;
        throw error;
      }),
    );
  }

  async #use<T>(
    work: (cache: PackCache, signal: AbortSignal) => Promise<T | undefined>,
  ): Promise<T | undefined> {
    const cache = this.#cache;
    if (cache === undefined) return undefined;
    const limited = this.#within(this.config.timeLimit);
    try {
      const found = await work(cache, limited);
      for (const problem of await cache.problems())
        this.#complain(`not all that is kept can be read: ${problem}`);
      return found;
    } catch (error) {
      this.signal.throwIfAborted();
      if (error instanceof Fault) throw error; // The workspace cannot take the outputs, wherever they come from.
      this.#lookup = 'unavailable';
      this.#denied = error instanceof TransportError && error.kind === 'denied';
      this.#complain(this.#explain(error, limited));
      return undefined;
    }
  }

  /** Has a result saved when this job ends, or by the next run here if this one is killed. */
  async noteBuilt(action: Digest): Promise<void> {
    if (this.#maySave && !this.#isRead) this.log.info(unread(this.place.transport.name));
    if (this.#maySave) await this.#note(() => noteBuilt(this.pending, action));
  }

  /** The same for a tree that builds need. */
  async noteTree(root: Digest): Promise<void> {
    if (this.#maySave) await this.#note(() => noteTree(this.pending, root));
  }

  report(): PackReport {
    return {
      place: this.place.transport.name,
      lookup: this.#lookup,
      restored: this.#cache?.bytes ?? 0,
      problem: this.#problem,
    };
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.place[Symbol.asyncDispose]();
  }

  /** A save adds to what it reads. */
  get #maySave(): boolean {
    const { read, write } = this.place.transport.access;
    return read && write && !this.#denied;
  }

  get #isRead(): boolean {
    return isReadLater(this.place.scopes.own);
  }

  async #noteUse({ digest, usedAt }: Entry): Promise<void> {
    if (Date.now() - usedAt < this.config.maxAge * UNTOLD_SHARE) return;
    await this.#note(() => noteUsed(this.pending, digest.hash));
  }

  async #note(write: () => Promise<void>): Promise<void> {
    if (!this.#isRead) return;
    try {
      await write();
    } catch (error) {
      this.#complain(`what is new cannot be noted for ${this.place.transport.name}: ${messageOf(error)}`);
    }
  }

  get #indexLimit(): number {
    return Math.min(INDEX_LIMIT, this.config.timeLimit);
  }

  #within(milliseconds: number): AbortSignal {
    return withTimeLimit(AbortSignal.any([this.signal, this.#closing.signal]), milliseconds);
  }

  #explain(error: unknown, limited: AbortSignal): string {
    const { name } = this.place.transport;
    if (error instanceof TransportError) return messageOf(error);
    if (!limited.aborted && !(error instanceof DOMException))
      return `${name} cannot be used: ${messageOf(error)}`;
    const limit = limited.aborted ? this.config.timeLimit : this.#indexLimit;
    return `${name} cannot be used: it took longer than ${formatDuration(limit)}`;
  }

  #complain(text: string): void {
    if (this.#problem === null) this.log.warn(text);
    this.#problem ??= text;
  }
}

function unread(name: string): string {
  return `nothing is saved in ${name}: no run reads what one of a merge queue keeps there`;
}

/** Another ref may have the result in packs that are still there. */
async function workUntilNothingIsLost<T>(
  cache: PackCache,
  work: () => Promise<T | undefined>,
): Promise<T | undefined> {
  for (;;) {
    const lost = cache.lostPacks;
    const found = await work();
    if (found !== undefined || cache.lostPacks === lost) return found;
  }
}
