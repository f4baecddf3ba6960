import type { Store } from '../cas/store.js';
import { UnusableResult } from '../cas/unusable-result.js';
import { ActionResult } from '../gen/build/bazel/remote/execution/v2/remote_execution.js';
import type { PackCache, PackedResult } from './pack-cache.js';

/**
 * The results of the cache between runs. Their blobs are checked as they are read out of their packs.
 *
 * @param repository whose results are kept there
 * @param onUse gets the entry that is used
 */
export function packStore(
  cache: PackCache,
  repository: string | null,
  onUse: (entry: PackedResult) => Promise<void>,
): Store {
  return {
    name: 'cache',
    entry: async (action, signal) => {
      const entry = await cache.find(action.hash, signal);
      if (entry === undefined) return undefined;
      const result = decodeResult(entry.result);
      await onUse(entry);
      return { result, origin: { ...entry.scope, repository } };
    },
    read: (digests, sink, signal) => cache.read(digests, sink, signal),
    checkComplete: (_result, inTrees, signal) => cache.checkComplete(inTrees, signal),
    discard: () => undefined, // The pack is forgotten as a whole.
  };
}

function decodeResult(bytes: Buffer): ActionResult {
  try {
    return ActionResult.decode(bytes);
  } catch (cause) {
    throw new UnusableResult('it is no ActionResult', { cause });
  }
}
