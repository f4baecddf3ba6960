import { dropDamaged } from '../../local/drop-damaged.js';
import type { CacheFolder } from '../../local/folder.js';
import type { Digest } from '../../reapi/digest.js';
import { DamagedCache } from './damaged-cache.js';

/**
 * Does what reads its inputs out of the local cache, and hashes them beside it, for casd hands them out as they are.
 * Nothing is to be made of its result before both are done.
 *
 * @throws DamagedCache when one of them was not what its digest says: the work is ended, its result worth nothing
 */
export async function onIntactInputs<T>(
  folder: CacheFolder,
  inputs: readonly Digest[],
  work: (signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const found = new AbortController();
  const check = dropDamaged(folder, inputs, 'content', signal).then((damaged) => {
    if (damaged.length > 0) found.abort(new DamagedCache(damaged));
  });
  const [done, checked] = await Promise.allSettled([work(AbortSignal.any([signal, found.signal])), check]);
  found.signal.throwIfAborted();
  if (checked.status === 'rejected') throw checked.reason;
  if (done.status === 'rejected') throw done.reason;
  return done.value;
}
