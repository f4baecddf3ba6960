import { type Digest } from '../reapi/digest.js';
import { batchesBySize, bytesInBatch, bytesUnderWay, distinctDigests } from './batches.js';
import type { CasService } from './cas-service.js';
import { readBatch } from './read-batch.js';
import { readStream } from './read-stream.js';
import { sideBySide } from './side-by-side.js';
import { TransferWindow } from './window.js';
import { worthCompressing } from './zstd.js';

/** Where blobs go to. What it is given whole is right; what it takes in pieces is right when it is closed. */
export interface BlobSink {
  put(digest: Digest, bytes: Buffer): void | Promise<void>;
  open(digest: Digest): BlobWriter | Promise<BlobWriter>;
}

export interface BlobWriter {
  write(bytes: Buffer): void | Promise<void>;
  /** The blob is whole and right. */
  close(): void | Promise<void>;
  /** It will never be. */
  discard(): void | Promise<void>;
}

/** What is read in one call: some small blobs, or a large one. */
type Piece = { readonly batch: readonly Digest[] } | { readonly stream: Digest };

/** Measured at 80 ms and 100 Mbit/s. */
const BATCH_BYTES = 512 * 1024;
const PLACES = 32;
/** A stream may hold as much in memory as the connection's window is wide, and a few fill any link. */
const PLACES_OF_A_STREAM = 8;
const STREAM_IN_WINDOW = 64 * 1024;

/**
 * Brings blobs here, each checked against its digest. Memory stays bounded whatever their size and number.
 *
 * @param onProgress called with the bytes of each blob or piece
 * @throws UnusableBlob for the first that is missing or corrupt; RpcError, Unavailable
 */
export async function download(
  cas: CasService,
  digests: Iterable<Digest>,
  sink: BlobSink,
  signal: AbortSignal,
  onProgress: (bytes: number) => void = () => undefined,
): Promise<void> {
  const run = async (piece: Piece, either: AbortSignal) => {
    if ('stream' in piece) return readInto(cas, piece.stream, sink, either, onProgress);
    const blobs = await readBatch(cas, piece.batch, either);
    for (const digest of piece.batch) {
      await sink.put(digest, blobs.get(digest.hash) ?? Buffer.alloc(0));
      onProgress(digest.sizeBytes);
    }
  };
  await sideBySide(
    piecesOf(distinctDigests(digests), Math.min(BATCH_BYTES, cas.limits.maxBatchBytes)),
    {
      window: new TransferWindow(),
      places: PLACES,
      placesOf: (piece) => ('stream' in piece ? PLACES_OF_A_STREAM : 1),
      bytesOf: (piece) => ('stream' in piece ? STREAM_IN_WINDOW : bytesUnderWay(piece.batch)),
      run,
    },
    signal,
  );
}

function* piecesOf(digests: readonly Digest[], limit: number): Generator<Piece, void, undefined> {
  const small = digests.filter((digest) => bytesInBatch(digest) <= limit);
  for (const digest of digests) if (bytesInBatch(digest) > limit) yield { stream: digest };
  // A batch is asked for compressed or not, as a whole.
  for (const compress of [true, false]) {
    const alike = small.filter(({ sizeBytes }) => worthCompressing(sizeBytes) === compress);
    for (const batch of batchesBySize(alike, bytesInBatch, limit)) yield { batch };
  }
}

async function readInto(
  cas: CasService,
  digest: Digest,
  sink: BlobSink,
  signal: AbortSignal,
  onProgress: (bytes: number) => void,
): Promise<void> {
  const writer = await sink.open(digest);
  try {
    const take = async (piece: Buffer) => {
      await writer.write(piece);
      onProgress(piece.length);
    };
    await readStream(cas, digest, take, signal);
  } catch (error) {
    await writer.discard();
    throw error;
  }
  await writer.close();
}
