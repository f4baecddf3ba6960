import type { BlobSink } from './blob-sink.js';

/** The same sinks, of which each is gone from the map as soon as it has its blob. */
export function sinksLeft(sinks: ReadonlyMap<string, BlobSink>): ReadonlyMap<string, BlobSink> {
  const left = new Map<string, BlobSink>();
  for (const [hash, sink] of sinks)
    left.set(
      hash,
      leaving(sink, () => left.delete(hash)),
    );
  return left;
}

function leaving(sink: BlobSink, leave: () => void): BlobSink {
  return {
    take: (blob) => {
      const taken = sink.take(blob);
      leave();
      return taken;
    },
    begin: async (digest) => {
      const writer = await sink.begin(digest);
      return {
        write: (piece) => writer.write(piece),
        finish: async () => {
          await writer.finish();
          leave();
        },
        discard: () => writer.discard(),
      };
    },
  };
}
