import type { Digest } from '../../reapi/digest.js';
import type { BlobSource } from '../../cas/blob-source.js';
import { BufferPool } from './buffer-pool.js';
import type { CasService } from '../cas-service.js';
import { eachMissing } from './find-missing.js';
import { HandOver } from '../../async/hand-over.js';
import { BATCH_BYTES, movePieces, type Piece, piecesOf } from './pieces.js';
import { type TransferProgress, untold } from './progress.js';
import type { RefusedBlob } from './refused.js';
import { together } from '../../async/together.js';
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

type Groups = Iterable<readonly BlobSource[]> | AsyncIterable<readonly BlobSource[]>;

const STREAMS_AT_ONCE = 8;
/** So many answers may wait for their blobs to be sent: enough that there is always something to send. */
const ANSWERS_AHEAD = 8;

/**
 * Gives the remote what it lacks of these blobs; the first are sent while it is still asked for the last. Memory stays
 * bounded whatever their size and number.
 *
 * @throws RpcError when the remote takes nothing from us (say, for the credentials), Unavailable
 */
export async function uploadMissing(
  cas: CasService,
  blobs: Iterable<BlobSource>,
  signal: AbortSignal,
  progress = untold(),
): Promise<UploadReport> {
  const lacking = new HandOver<readonly BlobSource[]>(ANSWERS_AHEAD);
  const upload = new Upload(cas, progress);
  const handOver = (missing: readonly BlobSource[]) => {
    upload.expect(missing);
    return lacking.push(missing);
  };
  const ask = async (either: AbortSignal) => {
    try {
      await eachMissing(
        cas,
        eachOnce(blobs),
        { digestOf, onMissing: handOver, beside: upload.window },
        either,
      );
      progress.settle();
    } finally {
      lacking.close();
    }
  };
  const send = (either: AbortSignal) => upload.send(lacking, either);
  await together(signal, ask, send);
  return upload.report;
}

/** Gives the remote these blobs without asking which of them it has. Otherwise as `uploadMissing`. */
export async function uploadBlobs(
  cas: CasService,
  blobs: Iterable<BlobSource>,
  signal: AbortSignal,
  progress = untold(),
): Promise<UploadReport> {
  const upload = new Upload(cas, progress);
  const all = [...eachOnce(blobs)];
  upload.expect(all);
  progress.settle();
  await upload.send([all], signal);
  return upload.report;
}

/** The empty blob is always present. */
function* eachOnce(blobs: Iterable<BlobSource>): Generator<BlobSource, void, undefined> {
  const seen = new Set<string>();
  for (const blob of blobs) {
    const { hash, sizeBytes } = blob.digest;
    if (sizeBytes === 0 || seen.has(hash)) continue;
    seen.add(hash);
    yield blob;
  }
}

class Upload {
  readonly #refused: RefusedBlob[] = [];
  readonly window = new TransferWindow();
  readonly #buffers = new BufferPool(BATCH_BYTES);
  #blobs = 0;
  #bytes = 0;

  constructor(
    private readonly cas: CasService,
    private readonly progress: TransferProgress,
  ) {}

  get report(): UploadReport {
    return { blobs: this.#blobs, bytes: this.#bytes, refused: this.#refused };
  }

  expect(blobs: readonly BlobSource[]): void {
    this.progress.expect(
      blobs.length,
      blobs.reduce((sum, { digest }) => sum + digest.sizeBytes, 0),
    );
  }

  send(groups: Groups, signal: AbortSignal): Promise<void> {
    return movePieces(
      this.#pieces(groups),
      {
        digestOf,
        streamsAtOnce: STREAMS_AT_ONCE,
        window: this.window,
        run: (piece, either) => this.#write(piece, either),
      },
      signal,
    );
  }

  async *#pieces(groups: Groups) {
    for await (const group of groups) {
      const sendable = group.filter((blob) => this.#fits(blob));
      yield* piecesOf(sendable, digestOf, this.cas.limits);
    }
  }

  /** What is above the remote's limit is not worth a try. */
  #fits({ digest }: BlobSource): boolean {
    const { maxBlobBytes } = this.cas.limits;
    if (maxBlobBytes === null || digest.sizeBytes <= maxBlobBytes) return true;
    this.#refused.push({ digest, reason: `the remote takes blobs of at most ${maxBlobBytes} bytes` });
    return false;
  }

  async #write(piece: Piece<BlobSource>, signal: AbortSignal): Promise<void> {
    const blobs = 'stream' in piece ? [piece.stream] : piece.batch;
    const refused =
      'stream' in piece
        ? await writeStream(this.cas, piece.stream, signal, (moved) => this.progress.moved(0, moved))
        : await writeBatch(this.cas, piece.batch, this.#buffers, signal);
    this.#refused.push(...refused);
    const lost = new Set(refused.map(({ digest }) => digest.hash));
    const sent = blobs.filter(({ digest }) => !lost.has(digest.hash));
    const bytes = sent.reduce((sum, { digest }) => sum + digest.sizeBytes, 0);
    this.#blobs += sent.length;
    this.#bytes += bytes;
    this.progress.moved(sent.length, 'stream' in piece ? 0 : bytes);
  }
}

function digestOf({ digest }: BlobSource): Digest {
  return digest;
}
