import { FileSink } from '../cas/file-sink.js';
import type { KeptCache, KeptResult } from '../cache/kept-cache.js';
import { ActionResult } from '../gen/build/bazel/remote/execution/v2/remote_execution.js';
import { MOST_BYTES_IN_MEMORY, type ResultSource } from './result-source.js';
import { UnusableResult } from '../outputs/plan.js';

/**
 * The results of the cache between runs. Their blobs are checked as they are read out of their packs.
 *
 * @param repository whose results are kept there
 * @param onUse gets the entry that is used
 */
export function keptResults(
  cache: KeptCache,
  repository: string | null,
  onUse: (entry: KeptResult) => Promise<void>,
): ResultSource {
  return {
    name: 'cache',
    getActionResult: async (digest, signal) => {
      const entry = await cache.find(digest.hash, signal);
      if (entry === undefined) return undefined;
      const result = decodeResult(entry.result);
      await onUse(entry);
      return { result, origin: { ...entry.scope, repository } };
    },
    fetchBlob: async (digest, signal) => {
      if (digest.sizeBytes > MOST_BYTES_IN_MEMORY) {
        throw new UnusableResult(`it names a folder of ${digest.sizeBytes} bytes`);
      }
      if (digest.sizeBytes === 0) return Buffer.alloc(0);
      return (await cache.readBlobs([digest], signal)).get(digest.hash) ?? Buffer.alloc(0);
    },
    fetchFiles: async (files, signal) => {
      const sink = new FileSink(files);
      sink.makeEmpty();
      await cache.read(sink.digests, sink, signal);
    },
    confirm: (_result, files, signal) => cache.confirm(files, signal),
    discard: () => Promise.resolve(), // The pack is forgotten as a whole.
  };
}

function decodeResult(bytes: Buffer): ActionResult {
  try {
    return ActionResult.decode(bytes);
  } catch (cause) {
    throw new UnusableResult('it is no ActionResult', { cause });
  }
}
