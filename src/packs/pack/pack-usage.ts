import type { Digest } from '../../reapi/digest.js';
import type { BlobTable } from '../index/blob-table.js';
import type { Pack } from '../index/cache-index.js';

/** What of a pack is needed. */
export interface PackUsage {
  readonly pack: Pack;
  /** The blobs that are to be read from this pack, in its order. */
  readonly live: readonly Digest[];
  /** Of these blobs, before they were compressed. */
  readonly liveContent: number;
  /** Of the file, about: what the live blobs take of it, and the rest. */
  readonly liveBytes: number;
  readonly deadBytes: number;
}

/**
 * Which pack each of the blobs is to be read from, and what that leaves of each pack. A blob that several packs hold
 * is live in one of them, chosen so that few packs are needed.
 *
 * @param numbers of the blobs that are needed, in any order, also repeatedly
 * @returns the packs that are needed, by id
 */
export function packUsage(table: BlobTable, numbers: Iterable<Int32Array>): readonly PackUsage[] {
  const owners = chooseOwners(table, numbers);
  const taken = new Uint8Array(table.size);
  return table.packs.flatMap((pack, owner) => {
    const live: Digest[] = [];
    let content = 0;
    let liveContent = 0;
    for (const blob of pack.blobs) {
      content += blob.sizeBytes;
      const number = table.numberOf(blob);
      if (number === undefined || owners[number] !== owner || taken[number] === 1) continue;
      taken[number] = 1;
      live.push(blob);
      liveContent += blob.sizeBytes;
    }
    if (live.length === 0) return [];
    const liveBytes = Math.round(pack.bytes * (liveContent / content));
    return [{ pack, live, liveContent, liveBytes, deadBytes: pack.bytes - liveBytes }];
  });
}

const NOT_NEEDED = -1;
const UNDECIDED = -2;

/** For each blob, the number of the pack that it is to be read from. */
function chooseOwners(table: BlobTable, numbers: Iterable<Int32Array>): Int32Array {
  const owners = new Int32Array(table.size).fill(NOT_NEEDED);
  for (const row of numbers) for (const number of row) owners[number] = UNDECIDED;
  const needed = new Float64Array(table.packs.length);
  const shared: number[] = [];
  for (let number = 0; number < owners.length; number++) {
    if (owners[number] === NOT_NEEDED) continue;
    if (table.holdersOf(number) !== undefined) {
      shared.push(number);
      continue;
    }
    const holder = table.holderOf(number);
    owners[number] = holder;
    needed[holder] = (needed[holder] ?? 0) + table.bytesOf(number);
  }
  decideShared(table, shared, owners, needed);
  return owners;
}

/** First the packs that are needed anyway take what they hold, then always the one that takes most. */
function decideShared(table: BlobTable, shared: number[], owners: Int32Array, needed: Float64Array): void {
  let undecided = shared.filter((number) => {
    const owner = largest(table.holdersOf(number) ?? [], needed);
    if (owner === undefined) return true;
    owners[number] = owner;
    return false;
  });
  while (undecided.length > 0) {
    const offered = new Float64Array(needed.length);
    for (const number of undecided) {
      for (const holder of table.holdersOf(number) ?? []) {
        offered[holder] = (offered[holder] ?? 0) + table.bytesOf(number);
      }
    }
    const best = largest(offered.keys(), offered);
    undecided = undecided.filter((number) => {
      if (table.holdersOf(number)?.includes(best ?? NOT_NEEDED) !== true) return true;
      owners[number] = best ?? NOT_NEEDED;
      return false;
    });
  }
}

/** The place of the largest of these; undefined when all are 0. */
function largest(places: Iterable<number>, values: Float64Array): number | undefined {
  let best: number | undefined;
  let most = 0;
  for (const place of places) {
    const value = values[place] ?? 0;
    if (value > most) [best, most] = [place, value];
  }
  return best;
}
