import { status } from '@grpc/grpc-js';
import { ContentAddressableStorageService } from '../../gen/build/bazel/remote/execution/v2/remote_execution.services.js';
import type { Status } from '../../gen/google/rpc/status.js';
import { formatDigest, type Digest } from '../../reapi/digest.js';
import { callUnary, RpcError, rpcErrorOf } from '../../rpc/call.js';
import { rawUnary } from '../../rpc/raw-methods.js';
import { outcomesIn } from './answers.js';
import type { BlobSource } from '../../cas/blob-source.js';
import type { BufferPool } from './buffer-pool.js';
import type { CasService } from '../cas-service.js';
import { composeUpdate, lengthOf, type Update } from './compose-update.js';
import type { TransferLimits } from '../guard/guard.js';
import { isAboutAll, type RefusedBlob } from './refused.js';
import { mayPass } from '../guard/retry.js';

/**
 * Sends blobs that fit one message together. Returns those that the remote does not take.
 *
 * @throws RpcError for what the remote says to everything that comes from us, Unavailable
 */
export async function writeBatch(
  cas: CasService,
  blobs: readonly BlobSource[],
  buffers: BufferPool,
  signal: AbortSignal,
): Promise<readonly RefusedBlob[]> {
  const refused: RefusedBlob[] = [];
  const compose = (some: readonly BlobSource[]) =>
    composeUpdate(cas, some, (blob) => refused.push(blob), buffers);
  let update = await compose(blobs);
  if (update.parts.length === 0) return refused;
  const attempt = async (limits: TransferLimits) => {
    const failures = await send(cas, update, limits);
    buffers.give(update.message); // Not that of a call that failed: nobody knows when gRPC lets go of it.
    const again = failures.filter(({ error }) => mayPass(error, true));
    const lasting = failures.filter((failure) => !again.includes(failure));
    refused.push(...lasting.map(({ blob, error }) => ({ digest: blob.digest, reason: error.message })));
    const [first] = again;
    if (first === undefined) return;
    update = await compose(again.map(({ blob }) => blob));
    if (update.parts.length > 0) throw first.error;
  };
  try {
    await cas.guard.transfer('BatchUpdateBlobs', attempt, { bytes: update.message.length, signal });
  } catch (error) {
    if (!(error instanceof RpcError) || isAboutAll(error)) throw error;
    refused.push(...update.parts.map(({ blob }) => ({ digest: blob.digest, reason: error.message })));
  }
  return refused;
}

interface Failure {
  readonly blob: BlobSource;
  readonly error: RpcError;
}

/** @throws RpcError when the call fails, or when what one blob met would meet every other */
async function send(cas: CasService, { message, parts }: Update, limits: TransferLimits): Promise<Failure[]> {
  const outcomes = await callUnary(
    'BatchUpdateBlobs',
    rawUnary(cas.storage, {
      path: ContentAddressableStorageService.batchUpdateBlobs.path,
      encode: (encoded: Buffer) => encoded,
      decode: outcomesIn,
    }),
    message,
    limits,
  );
  const failures: Failure[] = [];
  let moved = 0;
  for (const part of parts) {
    const error = failureOf(part.blob.digest, outcomes);
    if (error === undefined) moved += lengthOf(part);
    else if (isAboutAll(error)) throw error;
    else failures.push({ blob: part.blob, error });
  }
  limits.moved(moved);
  return failures;
}

function failureOf(digest: Digest, outcomes: ReadonlyMap<string, Status | undefined>): RpcError | undefined {
  const outcome = outcomes.get(digest.hash);
  // Somebody else may have sent it meanwhile.
  if (outcome?.code === status.ALREADY_EXISTS) return undefined;
  if (outcome !== undefined) return rpcErrorOf(nameOf(digest), outcome);
  if (outcomes.has(digest.hash)) return undefined;
  return new RpcError(nameOf(digest), status.INTERNAL, 'the remote said nothing of it');
}

function nameOf(digest: Digest): string {
  return `storing ${formatDigest(digest)}`;
}
