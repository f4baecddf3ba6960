import type { PackUsage } from '../pack/pack-usage.js';

export interface CompactionLimits {
  /** Bytes of all packs. */
  readonly quota: number;
  /** Bytes of blobs, before compression, that one save may move. */
  readonly rewriteBytes: number;
  /** Over the quota, packs of which less is dead are not worth their rewriting: results that are older go instead. */
  readonly worthwhileShare?: number;
}

/** Where it is this or losing the newest result, whose blobs would all have to be stored again: no work is too much. */
export const WHATEVER_IT_TAKES = { rewriteBytes: Infinity, worthwhileShare: 0 };

/** So much of all packs may be dead before work is spent on it. */
const DEAD_SHARE = 0.3;
/** And so much is left then: now and then more work costs less than a little, with its round trips, in every save. */
const DEAD_SHARE_LEFT = 0.25;
const WORTHWHILE_SHARE = 0.2;

/**
 * Which packs to rewrite: those with the largest dead share first, while too much is dead or the quota is exceeded.
 * What is live in them is to be moved into new packs.
 */
export function planCompaction(
  usages: readonly PackUsage[],
  { quota, rewriteBytes, worthwhileShare = WORTHWHILE_SHARE }: CompactionLimits,
): readonly PackUsage[] {
  let { bytes, dead } = sumUsage(usages);
  let room = rewriteBytes;
  const tooMuch = dead > DEAD_SHARE * bytes;
  const rewritten: PackUsage[] = [];
  const byShare = usages
    .filter(({ deadBytes }) => deadBytes > 0)
    .map((usage) => ({ usage, share: usage.deadBytes / usage.pack.bytes }))
    .sort((a, b) => b.share - a.share);
  for (const { usage, share } of byShare) {
    const wanted = (tooMuch && dead > DEAD_SHARE_LEFT * bytes) || (bytes > quota && share >= worthwhileShare);
    if (!wanted) break;
    if (usage.liveContent > room) continue;
    rewritten.push(usage);
    room -= usage.liveContent;
    bytes -= usage.deadBytes;
    dead -= usage.deadBytes;
  }
  return rewritten;
}

export function sumUsage(usages: readonly PackUsage[]): { readonly bytes: number; readonly dead: number } {
  const dead = usages.reduce((sum, { deadBytes }) => sum + deadBytes, 0);
  return { bytes: usages.reduce((sum, { pack }) => sum + pack.bytes, 0), dead };
}
