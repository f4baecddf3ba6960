import type { Digest } from '../reapi/digest.js';

/** Where blobs go that are read. */
export interface BlobSink {
  /** One as a whole, already held against its digest. Its bytes may be gone when this ends. */
  take(digest: Digest, bytes: Uint8Array): Promise<void> | void;
  /** The begin of one that comes in pieces. */
  begin(digest: Digest): Promise<BlobWriter> | BlobWriter;
}

/** Gets a blob piece by piece, before it can be held against its digest. */
export interface BlobWriter {
  /** The bytes may be gone when this ends. */
  write(piece: Uint8Array): Promise<void> | void;
  /** It was what it was to be. */
  finish(): Promise<void> | void;
  /** It was not, or could not be written: leaves nothing of it. Also after `finish` has failed. */
  discard(): Promise<void> | void;
}

/**
 * Gives a blob to a sink in pieces. Where that fails, the sink holds nothing of it.
 *
 * @param give hands over each piece; ends when all have come, and are what they should be
 */
export async function givePieces(
  sink: BlobSink,
  digest: Digest,
  give: (writer: Pick<BlobWriter, 'write'>) => Promise<void>,
): Promise<void> {
  const writer = await sink.begin(digest);
  try {
    await give(writer);
    await writer.finish();
  } catch (error) {
    await writer.discard();
    throw error;
  }
}

/** Nothing is done with what is read. */
export const NOWHERE: BlobSink = {
  take: () => undefined,
  begin: () => ({ write: () => undefined, finish: () => undefined, discard: () => undefined }),
};

/** The same sink. @param onWhole called when it has a blob as a whole */
export function watchSink(sink: BlobSink, onWhole: (digest: Digest) => void): BlobSink {
  return {
    take: (digest, bytes) => {
      const taken = sink.take(digest, bytes);
      if (taken !== undefined) return taken.then(() => onWhole(digest));
      onWhole(digest);
    },
    begin: async (digest) => {
      const writer = await sink.begin(digest);
      return {
        write: (piece) => writer.write(piece),
        finish: async () => {
          await writer.finish();
          onWhole(digest);
        },
        discard: () => writer.discard(),
      };
    },
  };
}
