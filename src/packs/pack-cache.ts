import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Digest } from '../reapi/digest.js';
import { UnusableBlob } from '../reapi/unusable-blob.js';
import { type CacheScope, sameScope, type ScopeName } from '../trust/cache-scopes.js';
import type { BlobSink } from '../cas/blob-sink.js';
import { MemorySink } from '../cas/memory-sink.js';
import type { Entry, Pack } from './index/cache-index.js';
import { DamagedPack } from './pack/damaged-pack.js';
import { fetchPack } from './pack/fetch-pack.js';
import { neededPacks } from './pack/needed-packs.js';
import { readPack } from './pack/pack-reader.js';
import type { PackUsage } from './pack/pack-usage.js';
import { type IndexPlace, readLater, readNewest, type ScopeIndex } from './index/read-scope.js';
import { TransportError } from './transport/transport.js';

/** An entry that is the result of an action. */
export type PackedResult = Entry & { readonly result: Buffer };

/** What is kept between runs, as one run reads it: the indexes that it believes, and of the packs those it needs. */
export class PackCache {
  #scopes: Promise<readonly ScopeIndex[]>;
  readonly #files = new Map<string, Promise<string>>();
  /** Why, by the id of the pack. */
  readonly #lost = new Map<string, string>();
  #packBytes = 0;
  #indexBytes = 0;

  /**
   * Begins to read at once.
   *
   * @param scopes whose indexes are read, the most trusted first
   * @param believes whether a result is taken that was written under such a scope
   * @param onLost gets the id of each pack that could not be read
   */
  constructor(
    private readonly place: IndexPlace,
    scopes: readonly ScopeName[],
    private readonly believes: (scope: CacheScope) => boolean,
    private readonly onLost: (packId: string) => Promise<void>,
    signal: AbortSignal,
  ) {
    this.#scopes = this.#remember(scopes.map((scope) => readNewest(place, scope, signal)));
  }

  /** Moved so far. */
  get bytes(): number {
    return this.#packBytes + this.#indexBytes;
  }

  /** How many packs turned out not to be there, or damaged: what needs them is not found any more. */
  get lostPacks(): number {
    return this.#lost.size;
  }

  /** Indexes that were there and could not be used, one line each. @throws TransportError */
  async problems(): Promise<readonly string[]> {
    return (await this.#scopes).flatMap(({ problems }) => problems);
  }

  /** The kept result of an action. What was written a moment ago is looked for too. @throws TransportError */
  async find(actionHash: string, signal: AbortSignal): Promise<PackedResult | undefined> {
    const scopes = await this.#scopes;
    const found = this.#entryIn(scopes, actionHash);
    if (found !== undefined) return found;
    this.#scopes = this.#remember(scopes.map((scope) => readLater(this.place, scope, signal)));
    return this.#entryIn(await this.#scopes, actionHash);
  }

  /**
   * Reads blobs, each held against its digest. What a pack does not give is taken from another that has it.
   *
   * @param digests without the empty blob, which no pack has
   * @throws UnusableBlob where one cannot be had; TransportError
   */
  async read(digests: readonly Digest[], sink: BlobSink, signal: AbortSignal): Promise<void> {
    const left = new Set(digests.map(({ hash }) => hash));
    for (let wanted = digests; ; wanted = wanted.filter(({ hash }) => left.has(hash))) {
      const needed = await this.#packsFor(wanted);
      for (const { pack } of needed) void this.#file(pack, signal).catch(() => undefined);
      if (await this.#readPacks(needed, left, sink, signal)) return;
    }
  }

  /** The same into memory, by hash. */
  async readBlobs(digests: readonly Digest[], signal: AbortSignal): Promise<ReadonlyMap<string, Buffer>> {
    const sink = new MemorySink();
    await this.read(digests, sink, signal);
    return sink.blobs;
  }

  /** Makes sure that the packs of all these blobs can be fetched. @throws UnusableBlob, TransportError */
  async checkComplete(digests: readonly Digest[], signal: AbortSignal): Promise<void> {
    for (const { pack, live } of await this.#packsFor(digests)) {
      if (this.#files.has(pack.id) || (await this.place.transport.has(pack.key, signal))) continue;
      const absent = new AbsentPack(pack.id);
      await this.#lose(pack, absent);
      throw new UnusableBlob(live[0] ?? { hash: '', sizeBytes: 0 }, 'missing', absent.message);
    }
  }

  async #packsFor(digests: readonly Digest[]): Promise<readonly PackUsage[]> {
    const scopes = await this.#scopes;
    const packs = this.#packsIn(scopes);
    const needed = neededPacks(packs, digests);
    if (needed !== undefined) return needed;
    const lacking = digests.find((digest) => neededPacks(packs, [digest]) === undefined);
    throw new UnusableBlob(
      lacking ?? { hash: '', sizeBytes: 0 },
      'missing',
      lacking && this.#whyLost(scopes, lacking),
    );
  }

  #whyLost(scopes: readonly ScopeIndex[], { hash }: Digest): string | undefined {
    const packs = scopes.flatMap(({ index }) => [...index.packs.values()]);
    const had = packs.find(({ id, blobs }) => this.#lost.has(id) && blobs.some((blob) => blob.hash === hash));
    return had && this.#lost.get(had.id);
  }

  /** @returns false when one of them turned out to be lost */
  async #readPacks(
    usages: readonly PackUsage[],
    left: Set<string>,
    sink: BlobSink,
    signal: AbortSignal,
  ): Promise<boolean> {
    for (const { pack } of usages) if (!(await this.#readPack(pack, left, sink, signal))) return false;
    return true;
  }

  async #readPack(pack: Pack, left: Set<string>, sink: BlobSink, signal: AbortSignal): Promise<boolean> {
    try {
      await readPack(await this.#file(pack, signal), pack, left, sink, signal);
      return true;
    } catch (error) {
      signal.throwIfAborted();
      // One that never comes is looked at again before the next save relies on it.
      if (error instanceof TransportError && error.kind === 'failed') await this.onLost(pack.id);
      if (!(error instanceof DamagedPack || error instanceof AbsentPack)) throw error;
      await this.#lose(pack, error);
      return false;
    }
  }

  /** Where a pack is, which is fetched once. */
  #file(pack: Pack, signal: AbortSignal): Promise<string> {
    const file = this.#files.get(pack.id) ?? this.#fetch(pack, signal);
    this.#files.set(pack.id, file);
    return file;
  }

  async #fetch(pack: Pack, signal: AbortSignal): Promise<string> {
    const target = join(this.place.scratch, `pack-${pack.id}`);
    const fetched = await fetchPack(this.place.transport, pack, target, signal);
    if (fetched === undefined) throw new AbsentPack(pack.id);
    this.#packBytes += fetched.bytes;
    return target;
  }

  async #lose({ id }: Pack, { message }: Error): Promise<void> {
    if (this.#lost.has(id)) return;
    this.#lost.set(id, message);
    await rm(join(this.place.scratch, `pack-${id}`), { force: true });
    await this.onLost(id);
  }

  /** A pack may be kept under several refs: the one of our own is the last of them, and what is lost is none. */
  #packsIn(scopes: readonly ScopeIndex[]): ReadonlyMap<string, Pack> {
    const packs = new Map(scopes.flatMap(({ index }) => [...index.packs]));
    for (const id of this.#lost.keys()) packs.delete(id);
    return packs;
  }

  /** The first that can still be had, as far as is known. */
  #entryIn(scopes: readonly ScopeIndex[], hash: string): PackedResult | undefined {
    const entries = scopes.flatMap((scope) => this.#believed(scope, hash) ?? []);
    if (this.#lost.size === 0) return entries[0];
    const packs = this.#packsIn(scopes);
    return entries.find(({ blobs }) => neededPacks(packs, blobs) !== undefined);
  }

  /** What stands in an index under another name than its own was not put there by us. */
  #believed({ scope, index }: ScopeIndex, hash: string): PackedResult | undefined {
    const entry = index.entries.get(hash);
    if (entry === undefined || !isResult(entry)) return undefined;
    return sameScope(entry.scope, scope) && this.believes(entry.scope) ? entry : undefined;
  }

  #remember(reading: readonly Promise<ScopeIndex>[]): Promise<readonly ScopeIndex[]> {
    const scopes = Promise.all(reading).then((read) => {
      this.#indexBytes = read.reduce((sum, { bytes }) => sum + bytes, 0);
      return read;
    });
    scopes.catch(() => undefined); // Whoever looks something up handles it.
    return scopes;
  }
}

function isResult(entry: Entry): entry is PackedResult {
  return entry.result !== null;
}

/** A pack that an index names and nobody has. */
class AbsentPack extends Error {
  constructor(id: string) {
    super(`the pack ${id} is not there`);
  }
}
