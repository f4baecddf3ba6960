import { createHash } from 'node:crypto';
import { status } from '@grpc/grpc-js';
import { ByteStreamService } from '../../gen/google/bytestream/bytestream.services.js';
import { formatDigest, type Digest } from '../../reapi/digest.js';
import { callServerStream, RpcError } from '../../rpc/call.js';
import { rawServerStream } from '../../rpc/raw-methods.js';
import { type CasService, resourceName } from '../cas-service.js';
import type { TransferLimits } from '../guard/guard.js';
import { dataIn } from './stream-messages.js';
import { UnusableBlob } from '../../reapi/unusable-blob.js';
import { BadCompression, decompressStream } from '../../zstd/decompress.js';
import { nodeZstd } from '../../zstd/node-zstd.js';

/**
 * Reads one blob through ByteStream, on from where it was after a failure, and hands its pieces on. They are to be
 * used only once this returns: before, nobody knows whether they are right.
 *
 * @throws UnusableBlob when it is missing or corrupt; RpcError, Unavailable
 */
export async function readStream(
  cas: CasService,
  digest: Digest,
  take: (piece: Buffer) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const hash = createHash('sha256');
  let offset = 0;
  const attempt = async (limits: TransferLimits) => {
    for await (const piece of pieces(cas, digest, offset, limits)) {
      if (piece.length === 0) continue;
      offset += piece.length;
      if (offset > digest.sizeBytes) throw new UnusableBlob(digest, 'corrupt');
      hash.update(piece);
      limits.moved(piece.length);
      await take(piece);
    }
  };
  try {
    const bytes = digest.sizeBytes;
    await cas.guard.transfer('Read', attempt, { bytes, signal, resumable: true });
  } catch (error) {
    if (error instanceof BadCompression) throw new UnusableBlob(digest, 'corrupt');
    if (error instanceof RpcError && error.code === status.NOT_FOUND)
      throw new UnusableBlob(digest, 'missing');
    throw error;
  }
  if (offset !== digest.sizeBytes || hash.digest('hex') !== digest.hash)
    throw new UnusableBlob(digest, 'corrupt');
}

/** @param offset into the blob as it is uncompressed, also where it comes compressed (remote_execution.proto) */
async function* pieces(
  cas: CasService,
  digest: Digest,
  offset: number,
  limits: TransferLimits,
): AsyncGenerator<Buffer, void, undefined> {
  const library = cas.limits.zstdStream ? nodeZstd : null;
  const kind = library === null ? 'blobs' : 'compressed-blobs/zstd';
  const { path, requestSerialize } = ByteStreamService.read;
  const data = callServerStream(
    'Read',
    rawServerStream(cas.byteStream, { path, encode: requestSerialize, decode: dataIn }),
    {
      resourceName: resourceName(cas.instance, `${kind}/${formatDigest(digest)}`),
      readOffset: offset,
      readLimit: 0,
    },
    limits,
  );
  yield* library === null ? data : decompressStream(library, data);
}
