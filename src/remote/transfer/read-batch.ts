import { status } from '@grpc/grpc-js';
import { Compressor_Value } from '../../gen/build/bazel/remote/execution/v2/remote_execution.js';
import { ContentAddressableStorageService } from '../../gen/build/bazel/remote/execution/v2/remote_execution.services.js';
import { digestOf, formatDigest, type Digest } from '../../reapi/digest.js';
import { UnusableBlob } from '../../reapi/unusable-blob.js';
import { callUnary, RpcError, rpcErrorOf } from '../../rpc/call.js';
import { rawUnary } from '../../rpc/raw-methods.js';
import { blobsIn, type ReadBlob } from './answers.js';
import { bytesInBatch } from './batches.js';
import type { CasService } from '../cas-service.js';
import type { TransferLimits } from '../guard/guard.js';
import { compresses } from './pieces.js';
import { BadCompression, decompressBlob } from '../../zstd/decompress.js';
import { nodeZstd } from '../../zstd/node-zstd.js';

/**
 * Reads blobs that fit one message together, each checked. Returns them in the order of their digests.
 *
 * @param digests each once
 * @throws UnusableBlob for the first that is missing or corrupt; RpcError, Unavailable
 */
export async function readBatch(
  cas: CasService,
  digests: readonly Digest[],
  signal: AbortSignal,
): Promise<readonly Buffer[]> {
  const blobs = new Array<Buffer | undefined>(digests.length).fill(undefined);
  const attempt = async (limits: TransferLimits) => {
    const lacking = digests.filter((_, i) => blobs[i] === undefined);
    const answers = await read(cas, lacking, limits);
    let passing: RpcError | undefined;
    let moved = 0;
    digests.forEach((digest, i) => {
      if (blobs[i] !== undefined) return;
      const answer = blobOf(digest, answers.get(digest.hash));
      if (answer instanceof RpcError) {
        passing ??= answer;
        return;
      }
      blobs[i] = answer;
      moved += bytesInBatch(digest);
    });
    limits.moved(moved);
    if (passing !== undefined) throw passing;
  };
  const bytes = digests.reduce((sum, digest) => sum + bytesInBatch(digest), 0);
  await cas.guard.transfer('BatchReadBlobs', attempt, { bytes, signal });
  return blobs as readonly Buffer[];
}

async function read(
  cas: CasService,
  digests: Digest[],
  limits: TransferLimits,
): Promise<ReadonlyMap<string, ReadBlob>> {
  const compressed = digests.every((digest) => compresses(digest, cas.limits));
  const { path, requestSerialize } = ContentAddressableStorageService.batchReadBlobs;
  return callUnary(
    'BatchReadBlobs',
    rawUnary(cas.storage, { path, encode: requestSerialize, decode: blobsIn }),
    {
      instanceName: cas.instance,
      digests,
      acceptableCompressors: compressed ? [Compressor_Value.ZSTD] : [],
      digestFunction: 0,
    },
    limits,
  );
}

/** The blob, or what kept the server from giving it. */
function blobOf(digest: Digest, response: ReadBlob | undefined): Buffer | RpcError {
  const outcome = response?.status;
  if (response === undefined || outcome?.code === status.NOT_FOUND) {
    throw new UnusableBlob(digest, 'missing');
  }
  if (outcome !== undefined) return rpcErrorOf(`reading ${formatDigest(digest)}`, outcome);
  const bytes = unfold(digest, response);
  if (digestOf(bytes).hash !== digest.hash) throw new UnusableBlob(digest, 'corrupt');
  return bytes;
}

function unfold(digest: Digest, { compressor, data }: ReadBlob): Buffer {
  if (compressor === Compressor_Value.IDENTITY) return data;
  if (compressor !== Compressor_Value.ZSTD || nodeZstd === null) throw new UnusableBlob(digest, 'corrupt');
  try {
    return decompressBlob(nodeZstd, data, digest.sizeBytes);
  } catch (error) {
    if (error instanceof BadCompression) throw new UnusableBlob(digest, 'corrupt');
    throw error;
  }
}
