import type { Pack } from '../index/cache-index.js';
import { DamagedPack } from './damaged-pack.js';
import { type FetchedObject, OversizedObject, type Transport } from '../transport/transport.js';

/**
 * Fetches a pack into a file that is not there yet, and no more of it than the index says that it has.
 *
 * @returns undefined where it is not there
 * @throws DamagedPack where it has more; TransportError
 */
export async function fetchPack(
  transport: Transport,
  { id, key, bytes }: Pack,
  target: string,
  signal: AbortSignal,
): Promise<FetchedObject | undefined> {
  try {
    return await transport.fetch(key, target, bytes, signal);
  } catch (error) {
    if (!(error instanceof OversizedObject)) throw error;
    throw new DamagedPack(id, `it has more than ${bytes} bytes`, { cause: error });
  }
}
