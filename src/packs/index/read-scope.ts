import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import type { ScopeName } from '../../trust/cache-scopes.js';
import { type CacheIndex, EMPTY_INDEX } from './cache-index.js';
import { MOST_BYTES, readIndex } from './index-file.js';
import { type CacheKeys, sequenceOf } from './keys.js';
import { mergeIndexes } from './merge-indexes.js';
import { OversizedObject, type Transport } from '../transport/transport.js';
import { damagedIndex, UnreadableIndex } from './unreadable-index.js';

/** Where indexes come from. */
export interface IndexPlace {
  readonly transport: Transport;
  readonly keys: CacheKeys;
  /** A folder for what is being fetched. */
  readonly scratch: string;
}

/** What is kept under one scope. */
export interface ScopeIndex {
  readonly scope: ScopeName;
  /** The number of the newest index that was seen; 0 where there is none. */
  readonly sequence: number;
  readonly index: CacheIndex;
  /** Moved to read it. */
  readonly bytes: number;
  /** Indexes that were there and could not be used, one line each. */
  readonly problems: readonly string[];
  /** Whether a newer version of this action writes here, so that we must not. */
  readonly newerWriter: boolean;
}

/** More indexes than that in a row are not followed: by then somebody writes faster than we read. */
const MOST_SUCCESSORS = 50;

/** Where the newest index is damaged, so many before it are tried. */
const MOST_STEPS_BACK = 3;

/** A number that nobody could read for so many later ones was taken by a writer who was killed. */
const GIVEN_UP_AFTER = 64;

/** Reads the newest index under a scope, as far as the transport knows it. @throws TransportError */
export async function readNewest(
  place: IndexPlace,
  scope: ScopeName,
  signal: AbortSignal,
): Promise<ScopeIndex> {
  const found = await fetchIndex(place, (target) =>
    place.transport.fetchNewest(place.keys.indexPrefix(scope), target, MOST_BYTES, signal),
  );
  if (found === undefined) return emptyScope(scope);
  let state = add(emptyScope(scope), found);
  for (let back = 1; back <= MOST_STEPS_BACK && isDamaged(state); back += 1) {
    state = (await readOne(place, state, (sequenceOf(found.key) ?? 0) - back, signal)) ?? state;
  }
  return state;
}

/** Whether nothing could be read so far, and what came before may still be good. */
function isDamaged({ problems, index, newerWriter }: ScopeIndex): boolean {
  return problems.length > 0 && index === EMPTY_INDEX && !newerWriter;
}

/**
 * Reads what others wrote since, or were writing: the indexes that follow the newest, and those that were not there
 * yet when somebody looked for them.
 *
 * @throws TransportError
 */
export async function readLater(
  place: IndexPlace,
  scope: ScopeIndex,
  signal: AbortSignal,
): Promise<ScopeIndex> {
  let state = scope;
  for (const sequence of scope.index.unresolved) {
    const found = await readOne(place, state, sequence, signal);
    if (found !== undefined) state = found;
    else if (sequence <= scope.sequence - GIVEN_UP_AFTER) state = resolved(state, [sequence]);
  }
  for (let step = 0; step < MOST_SUCCESSORS; step += 1) {
    const next = await readOne(place, state, state.sequence + 1, signal);
    if (next === undefined) return state;
    state = next;
  }
  return state;
}

/** Reads the index of one number into what is known; undefined where it cannot be fetched. @throws TransportError */
export async function readOne(
  place: IndexPlace,
  scope: ScopeIndex,
  sequence: number,
  signal: AbortSignal,
): Promise<ScopeIndex | undefined> {
  if (sequence < 1) return undefined;
  const key = place.keys.index(scope.scope, sequence);
  const found = await fetchIndex(place, (target) => place.transport.fetch(key, target, MOST_BYTES, signal));
  return found && add(scope, found);
}

interface FoundIndex {
  readonly key: string;
  readonly bytes: number;
  readonly index: CacheIndex | UnreadableIndex;
}

/** A transfer may damage what is sound, and whoever takes that for lost may lose it for all: a second look tells. */
async function fetchIndex(
  place: IndexPlace,
  fetch: (target: string) => Promise<{ key: string; bytes: number } | undefined>,
): Promise<FoundIndex | undefined> {
  const found = await fetchOnce(place, fetch);
  if (!(found?.index instanceof UnreadableIndex) || found.index.kind === 'newer') return found;
  return (await fetchOnce(place, fetch)) ?? found;
}

async function fetchOnce(
  { scratch }: IndexPlace,
  fetch: (target: string) => Promise<{ key: string; bytes: number } | undefined>,
): Promise<FoundIndex | undefined> {
  const target = join(scratch, `index-${randomUUID()}`);
  try {
    const fetched = await fetch(target);
    return fetched && { ...fetched, index: await decodeOrReason(target) };
  } catch (error) {
    if (!(error instanceof OversizedObject)) throw error;
    return { key: error.key, bytes: 0, index: damagedIndex(`it has more than ${error.most} bytes`) };
  } finally {
    await rm(target, { force: true });
  }
}

async function decodeOrReason(file: string): Promise<CacheIndex | UnreadableIndex> {
  try {
    return await readIndex(file);
  } catch (error) {
    if (error instanceof UnreadableIndex) return error;
    throw error;
  }
}

/** What is kept under a scope of which nothing is known. */
export function emptyScope(scope: ScopeName): ScopeIndex {
  return { scope, sequence: 0, index: EMPTY_INDEX, bytes: 0, problems: [], newerWriter: false };
}

/** An index holds everything of those before it, but for the ones that its writer could not read. */
function add(scope: ScopeIndex, { key, bytes, index }: FoundIndex): ScopeIndex {
  const sequence = sequenceOf(key) ?? 0;
  const read = {
    ...scope,
    sequence: Math.max(scope.sequence, sequence),
    bytes: scope.bytes + bytes,
  };
  if (index instanceof UnreadableIndex) {
    return {
      ...read,
      problems: [...scope.problems, `${key}: ${index.message}`],
      newerWriter: scope.newerWriter || index.kind === 'newer',
    };
  }
  const holdsAll = sequence > scope.sequence && !index.unresolved.includes(scope.sequence);
  return resolved({ ...read, index: holdsAll ? index : mergeIndexes(scope.index, index) }, [
    sequence,
    scope.sequence,
  ]);
}

function resolved(scope: ScopeIndex, sequences: readonly number[]): ScopeIndex {
  const unresolved = scope.index.unresolved.filter((sequence) => !sequences.includes(sequence));
  return { ...scope, index: { ...scope.index, unresolved } };
}
