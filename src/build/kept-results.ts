import { memorySink } from '../cache/blob-sink.js';
import { FileSink } from '../cache/file-sink.js';
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
      const sink = memorySink();
      await cache.read([digest], new Map([[digest.hash, sink]]), signal);
      return sink.blob ?? Buffer.alloc(0);
    },
    fetchFiles: async (files, signal) => {
      const sinks = new Map<string, FileSink>();
      for (const file of files) {
        const { hash, sizeBytes } = file.digest;
        const others = sinks.get(hash);
        if (sizeBytes === 0)
          new FileSink(file).take(Buffer.alloc(0)); // No pack has the empty blob.
        else if (others === undefined) sinks.set(hash, new FileSink(file));
        else others.add(file);
      }
      const digests = files.map(({ digest }) => digest);
      await cache.read(digests, sinks, signal);
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
