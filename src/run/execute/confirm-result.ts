import { dropDamaged } from '../../local/drop-damaged.js';
import type { CacheFolder } from '../../local/folder.js';
import { treeDigests } from '../../outputs/plan.js';
import { DamagedCache } from './damaged-cache.js';
import { filesOf, type KnownResult } from '../look-up/look-up.js';

/**
 * Makes sure that the blobs of a new result are in the local cache as it says. Where casd held one already, the build's
 * own did not take its place, damaged as it may be.
 *
 * @param brought whether its files are in the workspace, and so were hashed
 * @throws DamagedCache
 */
export async function confirmResult(
  folder: CacheFolder,
  known: KnownResult,
  brought: boolean,
  signal: AbortSignal,
): Promise<void> {
  const { stdoutDigest, stderrDigest } = known.result;
  const streams = [stdoutDigest, stderrDigest].flatMap((digest) => digest ?? []);
  const blobs = brought ? streams : [...streams, ...treeDigests(known.result), ...filesOf(known)];
  const damaged = await dropDamaged(folder, blobs, 'content', signal);
  if (damaged.length > 0) throw new DamagedCache(damaged);
}
