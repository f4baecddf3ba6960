import type { Digest } from '../reapi/digest.js';
import { UnusableBlob } from '../reapi/unusable-blob.js';
import type { PackTotals } from '../report/run/pack-report.js';
import { type CacheScope, sameScope, type ScopeName } from '../trust/cache-scopes.js';
import type { BlobSource } from '../cas/blob-source.js';
import { type BuiltPack, buildPacks } from './pack/build-packs.js';
import { countEntries, type CacheIndex, type Entry, type Pack } from './index/cache-index.js';
import { compactPacks } from './tidy/compact-packs.js';
import { sumUsage } from './tidy/plan-compaction.js';
import { type IndexPlace, readLater, readNewest, type ScopeIndex } from './index/read-scope.js';
import { confirmLost } from './pack/sound-pack.js';
import { NEWER, storeIndex } from './index/store-index.js';
import { storePacks } from './pack/store-packs.js';
import { sweepDropped } from './tidy/sweep-dropped.js';
import { type GoneEntry, replacePacks, type TidyLimits } from './tidy/tidy-index.js';
import { TransportError } from './transport/transport.js';

/** What is to be kept from now on; all as in an Entry. */
export interface FreshEntry extends Pick<Entry, 'digest' | 'result' | 'blobs'> {
  /** How many of its first blobs are read without the others, and so belong into a pack of their own. */
  readonly apart?: number;
}

export interface SaveRequest {
  readonly place: IndexPlace;
  readonly scope: CacheScope;
  /** Scopes whose packs may be named instead of being stored again. */
  readonly readable: readonly ScopeName[];
  readonly fresh: readonly FreshEntry[];
  /** Hashes of actions whose kept results were used. */
  readonly used: readonly string[];
  /** Ids of packs that could not be read. */
  readonly lost: readonly string[];
  readonly inputOf: (digest: Digest) => BlobSource;
  readonly limits: Omit<TidyLimits, 'borrowed'>;
  /** The most that moving blobs out of older packs may take, in milliseconds; undefined: as long as it takes. */
  readonly movingTime?: number | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
}

export interface SaveOutcome {
  /** Bytes of packs and index. */
  readonly sent: number;
  readonly results: number;
  readonly blobs: number;
  /** Of what was sent, bytes of packs that hold what older packs held. */
  readonly moved: number;
  readonly gone: readonly GoneEntry[];
  /** Fresh results that could not be saved, for a blob of theirs is missing or corrupt. */
  readonly unusable: readonly UnusableBlob[];
  readonly kept: PackTotals;
}

/**
 * Saves results where the next runs find them: first packs of the blobs that are new, then an index that names them.
 * Until the index is stored, everything is as it was.
 *
 * @throws TransportError
 */
export async function saveResults(request: SaveRequest, signal: AbortSignal): Promise<SaveOutcome> {
  const { place, scope } = request;
  const own = await readLater(place, await readNewest(place, scope, signal), signal);
  if (own.newerWriter) throw new TransportError(NEWER, 'denied');
  const others = await packsOfOthers(request, own, signal);
  const lost = await confirmLost(place, new Map([...others, ...own.index.packs]), request.lost, signal);
  const borrowed = withoutLost(others, lost);
  const before = { ...own.index, packs: withoutLost(own.index.packs, lost) };
  const { fresh, packs: built, unusable } = await buildFresh(request, before, borrowed, signal);
  const index = withResults(before, { ...request, fresh }, [...built.map(unkeyed), ...borrowed.values()]);
  const limits = { ...request.limits, borrowed: packsKeptByOthers(index, place.keys.packPrefix(scope)) };
  const { plan, moved } = await compactPacks(place, index, built, { ...request, limits }, signal);

  const needed = [...built.filter(({ pack }) => plan.index.packs.has(pack.id)), ...moved];
  const keyOf = (id: string, attempt: number) => place.keys.pack(scope, id, attempt);
  const { packs, sent } = await storePacks(place, keyOf, needed, lost, signal);
  const complete = replacePacks(plan.index, plan.rewritten, packs);
  const stored = await storeIndex(place, scope, own.sequence, complete, signal);
  await sweepDropped(place, scope, stored, own.index, signal);
  const all = sumUsage(plan.usages);
  const left = sumUsage(plan.rewritten);
  const movedBytes = moved.reduce((sum, { pack }) => sum + pack.bytes, 0);
  return {
    sent: sent + stored.bytes,
    results: fresh.filter(({ digest, result }) => result !== null && complete.entries.has(digest.hash))
      .length,
    blobs: built.reduce((sum, { pack }) => sum + pack.blobs.length, 0),
    moved: movedBytes,
    gone: plan.gone,
    unusable,
    kept: {
      ...countEntries(stored.index),
      packs: stored.index.packs.size,
      bytes: all.bytes - left.bytes + movedBytes,
      dead: all.dead - left.dead,
    },
  };
}

/** The packs that others wrote for us to read. Without them more is sent, and nothing else is different. */
async function packsOfOthers(
  { place, scope, readable, fresh }: SaveRequest,
  own: ScopeIndex,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Pack>> {
  if (fresh.length === 0) return new Map();
  const others = readable.filter((other) => !sameScope(other, scope));
  const scopes = await Promise.all(
    others.map((other) => readNewest(place, other, signal).catch(() => undefined)),
  );
  signal.throwIfAborted();
  const packs = scopes.flatMap((other) => [...(other?.index.packs ?? [])]);
  return new Map(packs.filter(([id]) => !own.index.packs.has(id)));
}

interface BuiltFresh {
  readonly fresh: readonly FreshEntry[];
  readonly packs: readonly BuiltPack[];
  readonly unusable: readonly UnusableBlob[];
}

/** Writes packs of what is new; a result that is damaged here is left out. */
async function buildFresh(
  request: SaveRequest,
  own: CacheIndex,
  borrowed: ReadonlyMap<string, Pack>,
  signal: AbortSignal,
): Promise<BuiltFresh> {
  const held = heldBlobs([...own.packs.values(), ...borrowed.values()]);
  const unusable: UnusableBlob[] = [];
  for (let { fresh } = request; ;) {
    const entries = fresh.flatMap(({ blobs, apart = 0 }) =>
      apart > 0 ? [blobs.slice(0, apart), blobs.slice(apart)] : [blobs],
    );
    const wanted = new Set(
      entries.flatMap((blobs) => blobs.map(({ hash }) => hash)).filter((hash) => !held.has(hash)),
    );
    try {
      const packs = await buildPacks(entries, wanted, request.inputOf, request.place.scratch, signal);
      return { fresh, packs, unusable };
    } catch (error) {
      if (!(error instanceof UnusableBlob)) throw error;
      unusable.push(error);
      fresh = fresh.filter(({ blobs }) => !blobs.some(({ hash }) => hash === error.digest.hash));
    }
  }
}

function heldBlobs(packs: readonly Pack[]): ReadonlySet<string> {
  const held = new Set<string>();
  for (const { blobs } of packs) for (const { hash } of blobs) held.add(hash);
  return held;
}

function withoutLost(packs: CacheIndex['packs'], lost: ReadonlySet<string>): CacheIndex['packs'] {
  return new Map([...packs].filter(([id]) => !lost.has(id)));
}

function packsKeptByOthers({ packs }: CacheIndex, prefix: string): ReadonlySet<string> {
  const others = [...packs.values()].filter(({ key }) => key !== UNKEYED && !key.startsWith(prefix));
  return new Set(others.map(({ id }) => id));
}

/** Of a pack that is not stored yet. */
const UNKEYED = '';

function unkeyed({ pack }: BuiltPack): Pack {
  return { ...pack, key: UNKEYED };
}

/** The index with what this run adds to it. */
function withResults(
  index: CacheIndex,
  { fresh, used, scope, now }: SaveRequest,
  packs: readonly Pack[],
): CacheIndex {
  const entries = new Map<string, Entry>(index.entries);
  for (const hash of used) {
    const entry = entries.get(hash);
    if (entry !== undefined) entries.set(hash, { ...entry, usedAt: now });
  }
  for (const { digest, result, blobs } of fresh) {
    entries.set(digest.hash, { digest, result, blobs, scope, writtenAt: now, usedAt: now });
  }
  const all = new Map(index.packs);
  for (const pack of packs) all.set(pack.id, pack);
  return { ...index, entries, packs: all };
}
