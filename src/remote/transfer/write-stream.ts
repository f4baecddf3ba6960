import { randomUUID } from 'node:crypto';
import { status } from '@grpc/grpc-js';
import { ByteStreamService } from '../../gen/google/bytestream/bytestream.services.js';
import { formatDigest } from '../../reapi/digest.js';
import { callClientStream, RpcError } from '../../rpc/call.js';
import { rawClientStream } from '../../rpc/raw-methods.js';
import { type BlobSource, openSource, UnusableSource } from '../../cas/blob-source.js';
import { type CasService, resourceName } from '../cas-service.js';
import type { TransferLimits } from '../guard/guard.js';
import { isAboutAll, type RefusedBlob } from './refused.js';
import { encodeWrite, type WrittenPiece } from './stream-messages.js';
import { compressed } from '../../zstd/compress.js';
import { type NodeZstd, nodeZstd } from '../../zstd/node-zstd.js';

/**
 * Sends one blob through ByteStream, from its start again after a failure: hardly a server can continue a write.
 *
 * @param onMoved called with the bytes of each piece, below zero for what has to be sent again
 * @returns the blob with its reason, if the remote does not take it
 * @throws RpcError for what the remote says to everything that comes from us, Unavailable
 */
export async function writeStream(
  cas: CasService,
  blob: BlobSource,
  signal: AbortSignal,
  onMoved: (bytes: number) => void,
): Promise<readonly RefusedBlob[]> {
  const library = cas.limits.zstdStream ? nodeZstd : null;
  try {
    await cas.guard.transfer('Write', (limits) => writeOnce(cas, blob, library, limits, onMoved), {
      bytes: blob.digest.sizeBytes,
      signal,
    });
    return [];
  } catch (error) {
    const lasting = error instanceof RpcError && !isAboutAll(error);
    if (!lasting && !(error instanceof UnusableSource)) throw error;
    return [{ digest: blob.digest, reason: error.message }];
  }
}

async function writeOnce(
  cas: CasService,
  blob: BlobSource,
  library: NodeZstd | null,
  limits: TransferLimits,
  onMoved: (bytes: number) => void,
) {
  let sent = 0;
  let moved = 0;
  const move = (bytes: number) => {
    moved += bytes;
    onMoved(bytes);
  };
  const { path, responseDeserialize } = ByteStreamService.write;
  const kind = library ? 'compressed-blobs/zstd' : 'blobs';
  const name = resourceName(cas.instance, `uploads/${randomUUID()}/${kind}/${formatDigest(blob.digest)}`);
  const whole = openSource(blob, move);
  const pieces = library ? compressed(library, whole) : whole;
  try {
    const { committedSize } = await callClientStream(
      'Write',
      rawClientStream(cas.byteStream, { path, encode: encodeWrite, decode: responseDeserialize }),
      requests(name, pieces, limits),
      limits,
    );
    // An early end tells the full size, or -1 for a compressed blob: somebody else has sent it.
    if (library === null && committedSize !== blob.digest.sizeBytes) {
      throw new RpcError(
        'Write',
        status.INTERNAL,
        `the remote took ${committedSize} bytes of ${blob.digest.sizeBytes}`,
      );
    }
    sent = blob.digest.sizeBytes;
  } finally {
    await pieces.return();
    await whole.return(); // Until here it may go on reading.
    move(sent - moved);
  }
}

/** The last message carries `finish_write`, so each piece waits for the next one. */
async function* requests(name: string, pieces: AsyncIterable<Uint8Array>, { moved }: TransferLimits) {
  let held: Uint8Array | undefined;
  let offset = 0;
  const request = (data: Uint8Array, finishWrite: boolean): WrittenPiece => {
    const message = { resourceName: name, writeOffset: offset, finishWrite, data };
    offset += data.length;
    return message;
  };
  for await (const piece of pieces) {
    if (held !== undefined) {
      yield request(held, false);
      moved(held.length);
    }
    held = piece;
  }
  yield request(held ?? Buffer.alloc(0), true);
}
