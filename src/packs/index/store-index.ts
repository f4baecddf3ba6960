import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ScopeName } from '../../trust/cache-scopes.js';
import type { CacheIndex } from './cache-index.js';
import { encodeIndex } from './index-file.js';
import { mergeIndexes } from './merge-indexes.js';
import { emptyScope, type IndexPlace, readOne, type ScopeIndex } from './read-scope.js';
import { TransportError } from '../transport/transport.js';

/** Who took a number may be storing its index just now: waits of so many milliseconds between the looks. */
const LOOK_AGAIN = [0, 300, 700, 1500];
const MOST_ATTEMPTS = 100;

export interface StoredIndex {
  readonly index: CacheIndex;
  readonly sequence: number;
  /** Sent. */
  readonly bytes: number;
}

/**
 * Stores an index under the first number that is free. What others stored in between is merged into it, and whom we
 * could not read is named in it, so that nobody's results are lost.
 *
 * @param after the number of the newest index that went into this one
 * @throws TransportError
 */
export async function storeIndex(
  place: IndexPlace,
  scope: ScopeName,
  after: number,
  index: CacheIndex,
  signal: AbortSignal,
): Promise<StoredIndex> {
  let mine = index;
  for (let sequence = after + 1; sequence <= after + MOST_ATTEMPTS; sequence += 1) {
    const encoded = encodeIndex(mine);
    const stored = await storeFile(place, place.keys.index(scope, sequence), encoded, signal);
    if (stored) return { index: mine, sequence, bytes: encoded.length };
    const theirs = await readTheirs(place, scope, sequence, signal);
    if (theirs?.newerWriter === true) throw new TransportError(NEWER, 'denied');
    // The answer to our own store was lost on the way.
    if (theirs !== undefined && encodeIndex(theirs.index).equals(encoded)) {
      return { index: mine, sequence, bytes: encoded.length };
    }
    mine = withTheirs(mine, sequence, theirs);
  }
  throw new TransportError(`${MOST_ATTEMPTS} others wrote at the same time`, 'failed');
}

export const NEWER =
  'a newer version of buildbox-action keeps its results there, which this one must not touch';

async function storeFile(
  place: IndexPlace,
  key: string,
  encoded: Buffer,
  signal: AbortSignal,
): Promise<boolean> {
  const file = join(place.scratch, `index-${randomUUID()}`);
  try {
    await writeFile(file, encoded, { mode: 0o600 });
    return (await place.transport.store(key, file, signal)) === 'stored';
  } finally {
    await rm(file, { force: true });
  }
}

async function readTheirs(
  place: IndexPlace,
  scope: ScopeName,
  sequence: number,
  signal: AbortSignal,
): Promise<ScopeIndex | undefined> {
  for (const milliseconds of LOOK_AGAIN) {
    await sleep(milliseconds, undefined, { signal });
    const theirs = await readOne(place, emptyScope(scope), sequence, signal);
    if (theirs !== undefined) return theirs;
  }
  return undefined;
}

/** Each of us has read all but what both could not read. */
function withTheirs(mine: CacheIndex, sequence: number, theirs: ScopeIndex | undefined): CacheIndex {
  if (theirs === undefined) return { ...mine, unresolved: [...mine.unresolved, sequence] };
  if (theirs.problems.length > 0) return mine;
  const unread = new Set(theirs.index.unresolved);
  return {
    ...mergeIndexes(mine, theirs.index),
    unresolved: mine.unresolved.filter((number) => unread.has(number)),
  };
}
