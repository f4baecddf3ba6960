import type { Digest } from '../reapi/digest.js';
import { type BuiltPack, buildPacks } from './build-packs.js';
import type { CacheIndex } from './cache-index.js';
import { DamagedPack } from './damaged-pack.js';
import { newestFirst } from './entry-age.js';
import { LostPack, takeLiveBlobs } from './move-blobs.js';
import type { IndexPlace } from './read-scope.js';
import { tidyIndex, type TidyLimits, type TidyPlan } from './tidy-index.js';
import { TransportError } from './transport.js';

export interface CompactRequest {
  readonly limits: TidyLimits;
  /** Ids of packs that cannot be fetched any more. */
  readonly lost: readonly string[];
  /** Milliseconds since 1970. */
  readonly now: number;
}

export interface Compacted {
  readonly plan: TidyPlan;
  /** The packs that take the place of the rewritten ones, not stored yet. */
  readonly moved: readonly BuiltPack[];
}

/**
 * Tidies an index, and writes new packs of what is still needed of those with much dead space. What cannot be read
 * for it is lost; a transport that fails now leaves the packs as they are.
 *
 * @param built packs of the index that are not stored yet
 */
export async function compactPacks(
  place: IndexPlace,
  index: CacheIndex,
  built: readonly BuiltPack[],
  { limits, lost, now }: CompactRequest,
  signal: AbortSignal,
): Promise<Compacted> {
  const gone = new Set(lost);
  for (;;) {
    const plan = tidyIndex(index, now, limits, gone);
    if (plan.rewritten.length === 0) return { plan, moved: [] };
    try {
      const { hashes, inputOf } = await takeLiveBlobs(place, plan.rewritten, built, signal);
      const entries: Iterable<readonly Digest[]> = newestFirst(plan.index.entries.values(), now).map(
        ({ blobs }) => blobs,
      );
      return { plan, moved: await buildPacks(entries, hashes, inputOf, place.scratch, signal) };
    } catch (error) {
      if (error instanceof LostPack || error instanceof DamagedPack) gone.add(error.id);
      else if (error instanceof TransportError) {
        return { plan: tidyIndex(index, now, { ...limits, rewriteBytes: 0 }, gone), moved: [] };
      } else throw error;
    }
  }
}
