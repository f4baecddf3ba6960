import type { Digest } from '../../reapi/digest.js';
import { BlobTable } from '../index/blob-table.js';
import type { CacheIndex } from '../index/cache-index.js';
import { type PackUsage, packUsage } from './pack-usage.js';

/**
 * The packs to fetch for these blobs, as few as can be, and which blobs to read from each; undefined when no pack has
 * one of them.
 */
export function neededPacks(
  packs: CacheIndex['packs'],
  blobs: readonly Digest[],
): readonly PackUsage[] | undefined {
  const table = new BlobTable(packs);
  const numbers = table.numbersOf(blobs);
  return numbers === undefined ? undefined : packUsage(table, [numbers]);
}
