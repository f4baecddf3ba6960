import { status } from '@grpc/grpc-js';
import {
  type BatchReadBlobsResponse_Response,
  Compressor_Value,
} from '../gen/build/bazel/remote/execution/v2/remote_execution.js';
import { digestOf, formatDigest, type Digest } from '../reapi/digest.js';
import { callUnary, RpcError, rpcErrorOf } from '../rpc/call.js';
import { bytesInBatch } from './batches.js';
import type { CasService } from './cas-service.js';
import type { TransferLimits } from './guard.js';
import { UnusableBlob } from '../reapi/unusable-blob.js';
import { BadCompression, decompressBlob } from './zstd-decompress.js';
import { worthCompressing, zstd } from './zstd.js';

/**
 * Reads blobs that fit one message together, each checked. Returns them by hash.
 *
 * @param digests each once
 * @throws UnusableBlob for the first that is missing or corrupt; RpcError, Unavailable
 */
export async function readBatch(
  cas: CasService,
  digests: readonly Digest[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Buffer>> {
  const blobs = new Map<string, Buffer>();
  const attempt = async (limits: TransferLimits) => {
    const lacking = digests.filter(({ hash }) => !blobs.has(hash));
    const responses = await read(cas, lacking, limits);
    let passing: RpcError | undefined;
    for (const digest of lacking) {
      const answer = blobOf(digest, responses.get(digest.hash));
      if (answer instanceof RpcError) {
        passing ??= answer;
        continue;
      }
      blobs.set(digest.hash, answer);
      limits.moved(bytesInBatch(digest));
    }
    if (passing !== undefined) throw passing;
  };
  const bytes = digests.reduce((sum, digest) => sum + bytesInBatch(digest), 0);
  await cas.guard.transfer('BatchReadBlobs', attempt, { bytes, signal });
  return blobs;
}

async function read(cas: CasService, digests: Digest[], limits: TransferLimits) {
  const compressors =
    zstd !== undefined &&
    cas.limits.zstdBatch &&
    digests.every(({ sizeBytes }) => worthCompressing(sizeBytes));
  const { responses } = await callUnary(
    'BatchReadBlobs',
    cas.storage.batchReadBlobs.bind(cas.storage),
    {
      instanceName: cas.instance,
      digests,
      acceptableCompressors: compressors ? [Compressor_Value.ZSTD] : [],
      digestFunction: 0,
    },
    limits,
  );
  return new Map(responses.map((response) => [response.digest?.hash, response]));
}

/** The blob, or what kept the server from giving it. */
function blobOf(digest: Digest, response: BatchReadBlobsResponse_Response | undefined): Buffer | RpcError {
  const outcome = response?.status;
  if (response === undefined || outcome?.code === status.NOT_FOUND) {
    throw new UnusableBlob(digest, 'missing');
  }
  if (outcome !== undefined && outcome.code !== 0)
    return rpcErrorOf(`reading ${formatDigest(digest)}`, outcome);
  const bytes = unfold(digest, response);
  if (digestOf(bytes).hash !== digest.hash) throw new UnusableBlob(digest, 'corrupt');
  return bytes;
}

function unfold(digest: Digest, { compressor, data }: BatchReadBlobsResponse_Response): Buffer {
  if (compressor === Compressor_Value.IDENTITY) return data;
  if (compressor !== Compressor_Value.ZSTD || zstd === undefined) throw new UnusableBlob(digest, 'corrupt');
  try {
    return decompressBlob(zstd, data, digest.sizeBytes);
  } catch (error) {
    if (error instanceof BadCompression) throw new UnusableBlob(digest, 'corrupt');
    throw error;
  }
}
