import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Digest } from '../reapi/digest.js';
import { UnusableBlob } from '../reapi/unusable-blob.js';
import type { BlobSink } from './blob-sink.js';
import type { Entry, Pack } from './cache-index.js';
import { DamagedPack } from './damaged-pack.js';
import { neededPacks } from './needed-packs.js';
import { readPack } from './pack-reader.js';
import type { PackUsage } from './pack-usage.js';
import { type IndexPlace, readLater, readNewest, type ScopeIndex } from './read-scope.js';

/** What is kept between runs, as one run reads it: the indexes that it believes, and of the packs those it needs. */
export class KeptCache {
  #scopes: Promise<readonly ScopeIndex[]>;
  readonly #files = new Map<string, Promise<string>>();
  #packBytes = 0;
  #indexBytes = 0;

  /**
   * Begins to read at once.
   *
   * @param refs whose indexes are read, the most trusted first
   * @param onLost gets the id of each pack that is not there, or damaged
   */
  constructor(
    private readonly place: IndexPlace,
    refs: readonly string[],
    private readonly onLost: (packId: string) => Promise<void>,
    signal: AbortSignal,
  ) {
    this.#scopes = this.#remember(refs.map((ref) => readNewest(place, ref, signal)));
  }

  /** Moved so far. */
  get bytes(): number {
    return this.#packBytes + this.#indexBytes;
  }

  /** Indexes that were there and could not be used, one line each. @throws TransportError */
  async problems(): Promise<readonly string[]> {
    return (await this.#scopes).flatMap(({ problems }) => problems);
  }

  /** The kept result of an action. What was written a moment ago is looked for too. @throws TransportError */
  async find(actionHash: string, signal: AbortSignal): Promise<Entry | undefined> {
    const scopes = await this.#scopes;
    const found = entryIn(scopes, actionHash);
    if (found !== undefined) return found;
    this.#scopes = this.#remember(scopes.map((scope) => readLater(this.place, scope, signal)));
    return entryIn(await this.#scopes, actionHash);
  }

  /**
   * Reads blobs, each held against its digest.
   *
   * @param sinks by the hash of the blob
   * @throws UnusableBlob where one cannot be had; TransportError
   */
  async read(
    digests: readonly Digest[],
    sinks: ReadonlyMap<string, BlobSink>,
    signal: AbortSignal,
  ): Promise<void> {
    const needed = await this.#packsFor(digests);
    for (const { pack } of needed) void this.#file(pack, signal).catch(() => undefined);
    for (const usage of needed) await this.#readPack(usage, sinks, signal);
  }

  /** Makes sure that the packs of all these blobs can be fetched. @throws UnusableBlob, TransportError */
  async confirm(digests: readonly Digest[], signal: AbortSignal): Promise<void> {
    for (const { pack, live } of await this.#packsFor(digests)) {
      if (this.#files.has(pack.id) || (await this.place.transport.has(pack.key, signal))) continue;
      throw await this.#lost(pack, live);
    }
  }

  async #packsFor(digests: readonly Digest[]): Promise<readonly PackUsage[]> {
    const scopes = await this.#scopes;
    const packs = new Map(scopes.flatMap(({ index }) => [...index.packs]));
    const needed = neededPacks(packs, digests);
    if (needed !== undefined) return needed;
    const lacking = digests.find((digest) => neededPacks(packs, [digest]) === undefined);
    throw new UnusableBlob(lacking ?? { hash: '', sizeBytes: 0 }, 'missing');
  }

  async #readPack(
    usage: PackUsage,
    sinks: ReadonlyMap<string, BlobSink>,
    signal: AbortSignal,
  ): Promise<void> {
    const { pack, live } = usage;
    const wanted = new Map(live.map(({ hash }) => [hash, sinks.get(hash)] as const).filter(isGiven));
    try {
      await readPack(await this.#file(pack, signal), pack, wanted, signal);
    } catch (error) {
      if (error instanceof DamagedPack || error instanceof AbsentPack) throw await this.#lost(pack, live);
      throw error;
    }
  }

  /** Where a pack is, which is fetched once. */
  #file(pack: Pack, signal: AbortSignal): Promise<string> {
    const file = this.#files.get(pack.id) ?? this.#fetch(pack, signal);
    this.#files.set(pack.id, file);
    return file;
  }

  async #fetch({ id, key }: Pack, signal: AbortSignal): Promise<string> {
    const target = join(this.place.scratch, `pack-${id}`);
    const fetched = await this.place.transport.fetch(key, target, signal);
    if (fetched === undefined) throw new AbsentPack();
    this.#packBytes += fetched.bytes;
    return target;
  }

  async #lost({ id }: Pack, [first]: readonly Digest[]): Promise<UnusableBlob> {
    await rm(join(this.place.scratch, `pack-${id}`), { force: true });
    await this.onLost(id);
    return new UnusableBlob(first ?? { hash: '', sizeBytes: 0 }, 'missing');
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

/** A pack that an index names and nobody has. */
class AbsentPack extends Error {}

function isGiven(pair: readonly [string, BlobSink | undefined]): pair is readonly [string, BlobSink] {
  return pair[1] !== undefined;
}

function entryIn(scopes: readonly ScopeIndex[], hash: string): Entry | undefined {
  for (const { index } of scopes) {
    const entry = index.entries.get(hash);
    if (entry !== undefined) return entry;
  }
  return undefined;
}
