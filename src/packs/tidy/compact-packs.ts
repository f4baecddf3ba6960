import type { Digest } from '../../reapi/digest.js';
import { type BuiltPack, buildPacks } from '../pack/build-packs.js';
import type { CacheIndex } from '../index/cache-index.js';
import { systemErrorCode } from '../../errors.js';
import { withTimeLimit } from '../../async/time-limit.js';
import { DamagedPack } from '../pack/damaged-pack.js';
import { newestFirst } from './entry-age.js';
import { LostPack, takeLiveBlobs } from './move-blobs.js';
import type { IndexPlace } from '../index/read-scope.js';
import { isSound } from '../pack/sound-pack.js';
import { tidyIndex, type TidyLimits, type TidyPlan } from './tidy-index.js';
import { TransportError } from '../transport/transport.js';

export interface CompactRequest {
  readonly limits: TidyLimits;
  /** The most that moving blobs may take, in milliseconds; undefined: as long as it takes. */
  readonly movingTime?: number | undefined;
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
 * for it is lost. Where it takes too long, the transport fails or no space is left here, the packs stay as they are.
 *
 * @param built packs of the index that are not stored yet
 */
export async function compactPacks(
  place: IndexPlace,
  index: CacheIndex,
  built: readonly BuiltPack[],
  { limits, movingTime, now }: CompactRequest,
  signal: AbortSignal,
): Promise<Compacted> {
  const gone = new Set<string>();
  const limited = movingTime === undefined ? signal : withTimeLimit(signal, movingTime);
  const asTheyAre = (): Compacted => {
    const plan = tidyIndex(index, now, { ...limits, rewriteBytes: 0 }, gone);
    return { plan: { ...plan, rewritten: [] }, moved: [] };
  };
  for (;;) {
    const plan = tidyIndex(index, now, limits, gone);
    if (plan.rewritten.length === 0) return { plan, moved: [] };
    try {
      const { hashes, inputOf } = await takeLiveBlobs(place, plan.rewritten, built, limited);
      const entries: Iterable<readonly Digest[]> = newestFirst(plan.index.entries.values(), now).map(
        ({ blobs }) => blobs,
      );
      return { plan, moved: await buildPacks(entries, hashes, inputOf, place.scratch, limited) };
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof LostPack || error instanceof DamagedPack) {
        const pack = index.packs.get(error.id);
        if (pack !== undefined && (await isSound(place, pack, signal))) return asTheyAre();
        gone.add(error.id);
      } else if (limited.aborted || error instanceof TransportError || systemErrorCode(error) !== undefined) {
        return asTheyAre();
      } else throw error;
    }
  }
}
