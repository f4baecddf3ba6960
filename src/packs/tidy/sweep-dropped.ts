import type { ScopeName } from '../../trust/cache-scopes.js';
import type { CacheIndex } from '../index/cache-index.js';
import type { IndexPlace } from '../index/read-scope.js';
import type { StoredIndex } from '../index/store-index.js';
import { TransportError } from '../transport/transport.js';

/** Older indexes that stay, for who reads one of them now. */
const INDEXES_KEPT = 4;

/**
 * Removes what a scope has no use for any more, where the transport does not forget by itself. What the index before
 * named stays for one more save: somebody may be reading or merging it.
 */
export async function sweepDropped(
  { transport, keys }: IndexPlace,
  scope: ScopeName,
  { index, sequence }: StoredIndex,
  before: CacheIndex,
  signal: AbortSignal,
): Promise<void> {
  if (transport.sweep === undefined) return;
  const packs = [...index.packs.values(), ...before.packs.values()].map(({ key }) => key);
  const indexes = Array.from({ length: INDEXES_KEPT }, (_, age) =>
    keys.index(scope, Math.max(1, sequence - age)),
  );
  try {
    await transport.sweep(keys.packPrefix(scope), new Set(packs), signal);
    await transport.sweep(keys.indexPrefix(scope), new Set(indexes), signal);
  } catch (error) {
    if (!(error instanceof TransportError)) throw error; // What stays too long is swept the next time.
  }
}
