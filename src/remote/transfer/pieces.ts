import type { Digest } from '../../reapi/digest.js';
import { batchesBySize } from '../../rpc/batches-by-size.js';
import { bytesInBatch } from './batches.js';
import type { CasLimits } from '../cas-service.js';
import { BYTES_PER_BLOB } from './flow.js';
import { sideBySide } from '../../async/side-by-side.js';
import { TransferWindow, windowGate } from './window.js';
import { nodeZstd } from '../../zstd/node-zstd.js';

/** What moves in one call: some small blobs, or a large one. */
export type Piece<T> = { readonly batch: readonly T[] } | { readonly stream: T };

/** Measured at 80 ms and 100 Mbit/s: larger batches leave the link idle at both ends of a transfer. */
export const BATCH_BYTES = 512 * 1024;
const CALLS_AT_ONCE = 32;
/** A stream shows its progress by itself, so that it takes little of the window. */
const STREAM_IN_WINDOW = 64 * 1024;

/** The calls that move these blobs: the large ones first, because they take longest. */
export function* piecesOf<T>(
  things: Iterable<T>,
  digestOf: (thing: T) => Digest,
  limits: CasLimits,
): Generator<Piece<T>, void, undefined> {
  const limit = Math.min(BATCH_BYTES, limits.maxBatchBytes);
  const cost = (thing: T) => bytesInBatch(digestOf(thing));
  const small: T[] = [];
  const compressible: T[] = [];
  for (const thing of things) {
    if (cost(thing) > limit) yield { stream: thing };
    // A batch is asked for compressed or not, as a whole.
    else if (compresses(digestOf(thing), limits)) compressible.push(thing);
    else small.push(thing);
  }
  for (const alike of [compressible, small]) {
    for (const batch of batchesBySize(alike, cost, limit)) yield { batch };
  }
}

/** Below this a compressor's set-up costs more time than the bytes that it saves (0.15 ms a blob). */
const WORTH_COMPRESSING = 16 * 1024;

/** Whether a blob in a batch travels compressed to and from a remote with these limits. */
export function compresses({ sizeBytes }: Digest, { zstdBatch }: CasLimits): boolean {
  return nodeZstd !== null && zstdBatch && sizeBytes >= WORTH_COMPRESSING;
}

export interface Move<T> {
  readonly digestOf: (thing: T) => Digest;
  /** A stream holds some of its blob in memory: so many at once, if nothing else moves. */
  readonly streamsAtOnce: number;
  readonly run: (piece: Piece<T>, signal: AbortSignal) => Promise<void>;
  /** By default one of their own. */
  readonly window?: TransferWindow;
}

/** Moves pieces side by side, as many as the link keeps up with. Throws what `sideBySide` throws. */
export function movePieces<T>(
  pieces: Iterable<Piece<T>> | AsyncIterable<Piece<T>>,
  { digestOf, streamsAtOnce, run, window = new TransferWindow() }: Move<T>,
  signal: AbortSignal,
): Promise<void> {
  const bytesOf = (piece: Piece<T>) =>
    'stream' in piece
      ? STREAM_IN_WINDOW
      : piece.batch.reduce((sum, thing) => sum + bytesInBatch(digestOf(thing)) + BYTES_PER_BLOB, 0);
  return sideBySide(
    pieces,
    {
      most: CALLS_AT_ONCE,
      countOf: (piece) => ('stream' in piece ? CALLS_AT_ONCE / streamsAtOnce : 1),
      gate: windowGate(window, bytesOf),
      run,
    },
    signal,
  );
}
