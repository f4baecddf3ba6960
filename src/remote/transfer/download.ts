import { type Digest } from '../../reapi/digest.js';
import { yielding } from '../../async/yielding.js';
import { type BlobSink, givePieces } from '../../cas/blob-sink.js';
import type { CasService } from '../cas-service.js';
import { movePieces, type Piece, piecesOf } from './pieces.js';
import { type TransferProgress, untold } from './progress.js';
import { readBatch } from './read-batch.js';
import { readStream } from './read-stream.js';

/** Each may hold as much in memory as the connection's window is wide, and a few fill any link. */
const STREAMS_AT_ONCE = 4;

/**
 * Brings blobs here, each checked against its digest. Memory stays bounded whatever their size and number.
 *
 * @param digests each once, without the empty blob
 * @throws UnusableBlob for the first that is missing or corrupt; RpcError, Unavailable
 */
export async function download(
  cas: CasService,
  digests: readonly Digest[],
  sink: BlobSink,
  signal: AbortSignal,
  progress = untold(),
): Promise<void> {
  progress.expect(
    digests.length,
    digests.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  );
  progress.settle();
  const run = async (piece: Piece<Digest>, either: AbortSignal) => {
    if ('stream' in piece) return readInto(cas, piece.stream, sink, either, progress);
    const blobs = await readBatch(cas, piece.batch, either);
    const yields = yielding(either);
    let i = 0;
    for (const digest of piece.batch) {
      const taken = sink.take(digest, blobs[i++] ?? Buffer.alloc(0));
      if (taken !== undefined) await taken;
      progress.moved(1, digest.sizeBytes);
      if (yields.due()) await yields.turn();
    }
  };
  const digestOf = (digest: Digest) => digest;
  await movePieces(
    piecesOf(digests, digestOf, cas.limits),
    { digestOf, streamsAtOnce: STREAMS_AT_ONCE, run },
    signal,
  );
}

async function readInto(
  cas: CasService,
  digest: Digest,
  sink: BlobSink,
  signal: AbortSignal,
  progress: TransferProgress,
): Promise<void> {
  await givePieces(sink, digest, async (writer) => {
    const take = async (piece: Buffer) => {
      await writer.write(piece);
      progress.moved(0, piece.length);
    };
    await readStream(cas, digest, take, signal);
  });
  progress.moved(1, 0);
}
