import type { Digest } from '../reapi/digest.js';
import type { BlobSink, BlobWriter } from './blob-sink.js';

/** Keeps blobs in memory. */
export class MemorySink implements BlobSink {
  /** By hash, as far as they have come. */
  readonly blobs = new Map<string, Buffer>();

  take({ hash }: Digest, bytes: Uint8Array): void {
    this.blobs.set(hash, Buffer.from(bytes));
  }

  begin({ hash }: Digest): BlobWriter {
    const pieces: Buffer[] = [];
    return {
      write: (piece) => void pieces.push(Buffer.from(piece)),
      finish: () => void this.blobs.set(hash, Buffer.concat(pieces)),
      discard: () => void pieces.splice(0),
    };
  }
}
