import type { Digest } from '../reapi/digest.js';

/** Where a blob goes that is read from a pack. */
export interface BlobSink {
  /** A small blob, already held against its digest. Its bytes are gone when this ends. */
  take(blob: Uint8Array): Promise<void> | void;
  /** The begin of one that is not small. */
  begin(digest: Digest): Promise<BlobWriter>;
}

/** Gets a blob piece by piece, before it can be held against its digest. */
export interface BlobWriter {
  /** The bytes are gone when this ends. */
  write(piece: Uint8Array): Promise<void> | void;
  /** It was what it was to be. */
  finish(): Promise<void> | void;
  /** It was not, or could not be written: leaves nothing of it. Also after `finish` has failed. */
  discard(): Promise<void> | void;
}

/** The same sink. `onWhole` is called when it has the blob, at once where it takes it at once. */
export function watchSink(sink: BlobSink, onWhole: () => void): BlobSink {
  return {
    take: (blob) => {
      const taken = sink.take(blob);
      if (taken !== undefined) return taken.then(onWhole);
      onWhole();
    },
    begin: async (digest) => {
      const writer = await sink.begin(digest);
      return {
        write: (piece) => writer.write(piece),
        finish: async () => {
          await writer.finish();
          onWhole();
        },
        discard: () => writer.discard(),
      };
    },
  };
}

export interface MemorySink extends BlobSink {
  /** Undefined until it is there. */
  readonly blob: Buffer | undefined;
}

export function memorySink(): MemorySink {
  let blob: Buffer | undefined;
  return {
    get blob() {
      return blob;
    },
    take: (bytes) => {
      blob = Buffer.from(bytes);
    },
    begin: () => {
      const pieces: Buffer[] = [];
      return Promise.resolve({
        write: (piece) => void pieces.push(Buffer.from(piece)),
        finish: () => {
          blob = Buffer.concat(pieces);
        },
        discard: () => void pieces.splice(0),
      });
    },
  };
}
