import { type BlobSink, watchSink } from './blob-sink.js';

/** The same sinks, of which each is gone from the map as soon as it has its blob. */
export function sinksLeft(sinks: ReadonlyMap<string, BlobSink>): ReadonlyMap<string, BlobSink> {
  const left = new Map<string, BlobSink>();
  for (const [hash, sink] of sinks)
    left.set(
      hash,
      watchSink(sink, () => left.delete(hash)),
    );
  return left;
}
