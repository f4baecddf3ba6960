import { batchesBySize, bytesInBatch, bytesUnderWay } from './batches.js';
import type { BlobSource } from './blob-source.js';
import type { CasService } from './cas-service.js';
import { HandOver } from './hand-over.js';
import { findMissing } from './find-missing.js';
import type { RefusedBlob } from './refused.js';
import { allTogether, sideBySide } from './side-by-side.js';
import { TransferWindow } from './window.js';
import { writeBatch } from './write-batch.js';
import { writeStream } from './write-stream.js';

/** What an upload did. */
export interface UploadReport {
  /** What the remote lacked and has now. */
  readonly blobs: number;
  readonly bytes: number;
  readonly refused: readonly RefusedBlob[];
}

/** What is sent in one call: some small blobs, or a large one. */
type Piece = { readonly batch: readonly BlobSource[] } | { readonly stream: BlobSource };

/** Measured at 80 ms and 100 Mbit/s: larger batches leave the link idle at both ends of a transfer. */
const BATCH_BYTES = 512 * 1024;
const PLACES = 32;
/** A stream holds some pieces of its blob in memory, and a few fill any link. */
const PLACES_OF_A_STREAM = 4;
/** A stream shows its progress by itself, so that it takes little of the window. */
const STREAM_IN_WINDOW = 64 * 1024;

/**
 * Gives the remote what it lacks of these blobs; the first are sent while it is still asked for the last. Memory stays
 * bounded whatever their size and number.
 *
 * @param onProgress called with the bytes of what has arrived
 * @throws RpcError when the remote takes nothing from us (say, for the credentials), Unavailable
 */
export async function uploadMissing(
  cas: CasService,
  blobs: Iterable<BlobSource>,
  signal: AbortSignal,
  onProgress: (bytes: number) => void = () => undefined,
): Promise<UploadReport> {
  const sources = new Map<string, BlobSource>();
  for (const blob of blobs) sources.set(blob.digest.hash, blob);
  const digests = [...sources.values()].map(({ digest }) => digest);
  const lacking = new HandOver<readonly BlobSource[]>();
  const upload = new Upload(cas, onProgress);
  const ask = (either: AbortSignal) =>
    findMissing(cas, digests, either, (missing) =>
      lacking.push([missing.flatMap((hash) => sources.get(hash) ?? [])]),
    ).finally(() => lacking.close());
  const send = (either: AbortSignal) => upload.send(lacking, either);
  await allTogether([ask, send], signal);
  return upload.report;
}

/** Gives the remote these blobs without asking which of them it has. Otherwise as `uploadMissing`. */
export async function uploadBlobs(
  cas: CasService,
  blobs: Iterable<BlobSource>,
  signal: AbortSignal,
  onProgress: (bytes: number) => void = () => undefined,
): Promise<UploadReport> {
  const upload = new Upload(cas, onProgress);
  await upload.send([[...blobs]], signal);
  return upload.report;
}

class Upload {
  readonly #refused: RefusedBlob[] = [];
  #blobs = 0;
  #bytes = 0;

  constructor(
    private readonly cas: CasService,
    private readonly onProgress: (bytes: number) => void,
  ) {}

  get report(): UploadReport {
    return { blobs: this.#blobs, bytes: this.#bytes, refused: this.#refused };
  }

  async send(
    groups: Iterable<readonly BlobSource[]> | AsyncIterable<readonly BlobSource[]>,
    signal: AbortSignal,
  ): Promise<void> {
    await sideBySide(
      this.#pieces(groups),
      {
        window: new TransferWindow(),
        places: PLACES,
        placesOf: (piece) => ('stream' in piece ? PLACES_OF_A_STREAM : 1),
        bytesOf: (piece) =>
          'stream' in piece ? STREAM_IN_WINDOW : bytesUnderWay(piece.batch.map(({ digest }) => digest)),
        run: (piece, either) => this.#write(piece, either),
      },
      signal,
    );
  }

  async *#pieces(groups: Iterable<readonly BlobSource[]> | AsyncIterable<readonly BlobSource[]>) {
    const limit = Math.min(BATCH_BYTES, this.cas.limits.maxBatchBytes);
    for await (const group of groups) {
      const sendable = group.filter((blob) => this.#fits(blob));
      for (const blob of sendable) if (cost(blob) > limit) yield { stream: blob };
      const small = sendable.filter((blob) => cost(blob) <= limit);
      for (const batch of batchesBySize(small, cost, limit)) yield { batch };
    }
  }

  /** The empty blob is always present; what is above the remote's limit is not worth a try. */
  #fits({ digest }: BlobSource): boolean {
    const { maxBlobBytes } = this.cas.limits;
    if (maxBlobBytes === null || digest.sizeBytes <= maxBlobBytes) return digest.sizeBytes > 0;
    this.#refused.push({ digest, reason: `the remote takes blobs of at most ${maxBlobBytes} bytes` });
    return false;
  }

  async #write(piece: Piece, signal: AbortSignal): Promise<void> {
    const blobs = 'stream' in piece ? [piece.stream] : piece.batch;
    const refused =
      'stream' in piece
        ? await writeStream(this.cas, piece.stream, signal)
        : await writeBatch(this.cas, piece.batch, signal);
    this.#refused.push(...refused);
    const lost = new Set(refused.map(({ digest }) => digest.hash));
    const sent = blobs.filter(({ digest }) => !lost.has(digest.hash));
    const bytes = sent.reduce((sum, { digest }) => sum + digest.sizeBytes, 0);
    this.#blobs += sent.length;
    this.#bytes += bytes;
    this.onProgress(bytes);
  }
}

function cost({ digest }: BlobSource): number {
  return bytesInBatch(digest);
}
