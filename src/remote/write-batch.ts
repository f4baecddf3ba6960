import { status } from '@grpc/grpc-js';
import {
  type BatchUpdateBlobsRequest_Request,
  Compressor_Value,
} from '../gen/build/bazel/remote/execution/v2/remote_execution.js';
import type { Status } from '../gen/google/rpc/status.js';
import { formatDigest, type Digest } from '../reapi/digest.js';
import { callUnary, RpcError, rpcErrorOf } from '../rpc/call.js';
import { type BlobSource, readSource, UnusableSource } from './blob-source.js';
import type { CasService } from './cas-service.js';
import type { TransferLimits } from './guard.js';
import { isAboutAll, type RefusedBlob } from './refused.js';
import { mayPass } from './retry.js';
import { worthCompressing, zstd } from './zstd.js';

interface Request extends BatchUpdateBlobsRequest_Request {
  readonly digest: Digest;
}

/**
 * Sends blobs that fit one message together. Returns those that the remote does not take.
 *
 * @throws RpcError for what the remote says to everything that comes from us, Unavailable
 */
export async function writeBatch(
  cas: CasService,
  blobs: readonly BlobSource[],
  signal: AbortSignal,
): Promise<readonly RefusedBlob[]> {
  const refused: RefusedBlob[] = [];
  let left = await requestsOf(cas, blobs, refused);
  const attempt = async (limits: TransferLimits) => {
    const failures = await send(cas, left, limits);
    const again = failures.filter(({ error }) => mayPass(error, true));
    const lasting = failures.filter((failure) => !again.includes(failure));
    refused.push(...lasting.map(({ request, error }) => ({ digest: request.digest, reason: error.message })));
    left = again.map(({ request }) => request);
    if (again[0] !== undefined) throw again[0].error;
  };
  const bytes = left.reduce((sum, { data }) => sum + data.length, 0);
  try {
    if (left.length > 0) await cas.guard.transfer('BatchUpdateBlobs', attempt, { bytes, signal });
  } catch (error) {
    if (!(error instanceof RpcError) || isAboutAll(error)) throw error;
    refused.push(...left.map(({ digest }) => ({ digest, reason: error.message })));
  }
  return refused;
}

/** Somebody else may have sent it meanwhile. */
const THERE: ReadonlySet<number> = new Set([status.OK, status.ALREADY_EXISTS]);

interface Failure {
  readonly request: Request;
  readonly error: RpcError;
}

/** @throws RpcError when the call fails, or when what one blob met would meet every other */
async function send(cas: CasService, requests: Request[], limits: TransferLimits): Promise<Failure[]> {
  const { responses } = await callUnary(
    'BatchUpdateBlobs',
    cas.storage.batchUpdateBlobs.bind(cas.storage),
    { instanceName: cas.instance, requests, digestFunction: 0 },
    limits,
  );
  const outcomes = new Map(responses.map(({ digest, status: outcome }) => [digest?.hash ?? '', outcome]));
  const failures: Failure[] = [];
  for (const request of requests) {
    const error = failureOf(request, outcomes);
    if (error === undefined) limits.moved(request.data.length);
    else if (isAboutAll(error)) throw error;
    else failures.push({ request, error });
  }
  return failures;
}

function failureOf(
  { digest }: Request,
  outcomes: ReadonlyMap<string, Status | undefined>,
): RpcError | undefined {
  const name = `storing ${formatDigest(digest)}`;
  if (!outcomes.has(digest.hash)) return new RpcError(name, status.INTERNAL, 'the remote said nothing of it');
  const outcome = outcomes.get(digest.hash);
  if (outcome === undefined || THERE.has(outcome.code)) {
    return undefined;
  }
  return rpcErrorOf(name, outcome);
}

async function requestsOf(
  cas: CasService,
  blobs: readonly BlobSource[],
  refused: RefusedBlob[],
): Promise<Request[]> {
  const read = await Promise.all(
    blobs.map(async (blob) => ({ digest: blob.digest, bytes: await readSource(blob).catch(asUnusable) })),
  );
  return read.flatMap(({ digest, bytes }): Request[] => {
    if (bytes instanceof Uint8Array) return [requestOf(cas, digest, bytes)];
    refused.push({ digest, reason: bytes.message });
    return [];
  });
}

function asUnusable(error: unknown): UnusableSource {
  if (error instanceof UnusableSource) return error;
  throw error;
}

function requestOf(cas: CasService, digest: Digest, bytes: Uint8Array): Request {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const plain = { digest, data, compressor: Compressor_Value.IDENTITY };
  if (zstd === undefined || !cas.limits.zstdBatch || !worthCompressing(data.length)) return plain;
  const packed = zstd.zstdCompressSync(data);
  return packed.length < data.length ? { digest, data: packed, compressor: Compressor_Value.ZSTD } : plain;
}
