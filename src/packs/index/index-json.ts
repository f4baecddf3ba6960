import { formatDigest, type Digest } from '../../reapi/digest.js';
import { compareUtf8 } from '../../reapi/order.js';
import { BlobNames, BlobNumbering, readDigest, type BlobRows } from './blob-positions.js';
import type { CacheScope } from '../../trust/cache-scopes.js';
import type { CacheIndex, Entry, Pack } from './cache-index.js';
import { damagedIndex } from './unreadable-index.js';

/** What an index looks like in its file. The same index always looks the same. */
interface IndexJson {
  readonly packs: readonly (readonly [
    id: string,
    key: string,
    bytes: number,
    codec: string,
    blobs: string,
  ])[];
  readonly scopes: readonly (readonly [ref: string, event: string | null, tier: string])[];
  readonly entries: readonly EntryJson[];
  readonly unresolved: readonly number[];
}

type EntryJson = readonly [
  digest: string,
  result: string | null,
  blobs: BlobRows,
  scope: number,
  writtenAt: number,
  usedAt: number,
];

export function indexToJson(index: CacheIndex): IndexJson {
  const packs = [...index.packs.values()].sort((a, b) => compareUtf8(a.id, b.id));
  const entries = [...index.entries.values()].sort((a, b) => compareUtf8(a.digest.hash, b.digest.hash));
  const numbering = new BlobNumbering();
  for (const pack of packs) for (const blob of pack.blobs) numbering.add(blob);
  const scopes = new Map<string, readonly [string, string | null, string]>();
  for (const { scope } of entries) scopes.set(scopeName(scope), [scope.ref, scope.event, scope.tier]);
  const scopeNumbers = new Map([...scopes.keys()].map((name, number) => [name, number]));
  return {
    packs: packs.map(({ id, key, bytes, codec, blobs }) => [
      id,
      key,
      bytes,
      codec,
      blobs.map(formatDigest).join(' '),
    ]),
    scopes: [...scopes.values()],
    entries: entries.map((entry) => [
      formatDigest(entry.digest),
      entry.result?.toString('base64') ?? null,
      numbering.rowsOf(entry.blobs),
      scopeNumbers.get(scopeName(entry.scope)) ?? 0,
      wholeMilliseconds(entry.writtenAt),
      wholeMilliseconds(entry.usedAt),
    ]),
    unresolved: [...new Set(index.unresolved)].sort((a, b) => a - b),
  };
}

/** @param format of the file: 1 had ref and event in one text @throws UnreadableIndex */
export function indexFromJson(json: unknown, format: number): CacheIndex {
  const packs = new Map<string, Pack>();
  const blobs: Digest[] = [];
  for (const pack of list(member(json, 'packs')).map(packFrom)) {
    if (packs.has(pack.id)) throw damagedIndex('it holds a pack twice');
    packs.set(pack.id, pack);
    for (const blob of pack.blobs) blobs.push(blob);
  }
  const scopes = list(member(json, 'scopes')).map((scope) => scopeFrom(scope, format));
  const names = new BlobNames(blobs);
  const entries = new Map<string, Entry>();
  for (const item of list(member(json, 'entries'))) {
    const entry = entryFrom(item, scopes, names);
    if (entries.has(entry.digest.hash)) throw damagedIndex('it holds an entry twice');
    entries.set(entry.digest.hash, entry);
  }
  return { packs, entries, unresolved: list(member(json, 'unresolved')).map(count) };
}

function packFrom(json: unknown): Pack {
  const [id, key, bytes, codec, blobs] = list(json);
  if (typeof id !== 'string' || !/^[0-9a-f]{64}$/.test(id)) throw damagedIndex("a pack's name is no hash");
  if (typeof key !== 'string' || !/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,511}$/.test(key)) {
    throw damagedIndex("a pack's key is none");
  }
  if (codec !== 'zstd' && codec !== 'none') throw damagedIndex('a pack is compressed in an unknown way');
  if (typeof blobs !== 'string') throw damagedIndex("a pack's blobs are no text");
  return { id, key, bytes: count(bytes), codec, blobs: blobs === '' ? [] : blobs.split(' ').map(readDigest) };
}

function scopeFrom(json: unknown, format: number): CacheScope {
  const [ref, event, tier] = format === 1 ? withoutEvent(list(json)) : list(json);
  if (!isLine(ref)) throw damagedIndex("an entry's ref is none");
  if (event !== null && !isLine(event)) throw damagedIndex("an entry's event is none");
  if (tier !== 'local' && tier !== 'trusted' && tier !== 'untrusted') {
    throw damagedIndex('an entry is of an unknown tier');
  }
  return { ref, event, tier };
}

/** In format 1 a `#` was the ref's own or stood before the event, and nobody knows which. */
function withoutEvent([ref, tier]: readonly unknown[]): readonly unknown[] {
  return [ref, typeof ref === 'string' && ref.includes('#') ? 'unknown' : null, tier];
}

function isLine(json: unknown): json is string {
  return typeof json === 'string' && /^\P{Cc}{1,1024}$/u.test(json);
}

function entryFrom(json: unknown, scopes: readonly CacheScope[], names: BlobNames): Entry {
  const [digest, result, blobs, scopeNumber, writtenAt, usedAt] = list(json);
  const scope = scopes[count(scopeNumber)];
  if (scope === undefined) throw damagedIndex('an entry is of no scope');
  return {
    digest: readDigest(digest),
    result: result === null ? null : bytesOf(result),
    blobs: names.read(blobs),
    scope,
    writtenAt: count(writtenAt),
    usedAt: count(usedAt),
  };
}

function bytesOf(base64: unknown): Buffer {
  const bytes = typeof base64 === 'string' ? Buffer.from(base64, 'base64') : undefined;
  if (bytes?.toString('base64') !== base64) throw damagedIndex("an entry's result is no base64");
  return bytes as Buffer;
}

function member(json: unknown, name: keyof IndexJson): unknown {
  if (typeof json !== 'object' || json === null || !Object.hasOwn(json, name)) {
    throw damagedIndex(`it has no ${name}`);
  }
  return (json as Record<string, unknown>)[name];
}

function list(json: unknown): readonly unknown[] {
  if (!Array.isArray(json)) throw damagedIndex('something else stands where a list is expected');
  return json;
}

function count(json: unknown): number {
  if (!Number.isSafeInteger(json) || (json as number) < 0) throw damagedIndex('a number of it is none');
  return json as number;
}

function scopeName({ ref, event, tier }: CacheScope): string {
  return JSON.stringify([ref, event, tier]);
}

/** File systems give fractions of milliseconds. */
function wholeMilliseconds(time: number): number {
  return Math.max(0, Math.trunc(time));
}
