import { randomUUID } from 'node:crypto';
import { Compressor_Value } from '../gen/build/bazel/remote/execution/v2/remote_execution.js';
import { digestOf, formatDigest, type Digest } from '../reapi/digest.js';
import { BLOB_OVERHEAD, batchesBySize } from '../rpc/batches-by-size.js';
import { callClientStream, callUnary, type CallLimits, rpcErrorOf } from '../rpc/call.js';
import { type CasdConnection, LOCAL_INSTANCE } from './connection.js';

/** casd refuses messages above 4 MiB; what a message has beside its blobs fits between. */
const BATCH_BYTES = 3_900_000;
/** Sixty thousand digests overflow a message; this many never do. */
const DIGESTS_PER_QUESTION = 10_000;
const FILES_PER_CAPTURE = 5_000;
const CHUNK_BYTES = 1 << 20;
const QUESTION_DEADLINE = 60_000;
/** How long a transfer takes is the disk's affair: one that makes no progress is ended by who watches casd. */
const TRANSFER_DEADLINE = 6 * 3_600_000;

/** Of these blobs, the ones that casd lacks. */
export async function findMissing(
  casd: CasdConnection,
  digests: readonly Digest[],
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const missing = new Set<string>();
  for (let start = 0; start < digests.length; start += DIGESTS_PER_QUESTION) {
    const answer = await callUnary(
      'FindMissingBlobs',
      casd.storage.findMissingBlobs.bind(casd.storage),
      {
        instanceName: LOCAL_INSTANCE,
        blobDigests: digests.slice(start, start + DIGESTS_PER_QUESTION),
        digestFunction: 0,
      },
      { signal, deadline: QUESTION_DEADLINE },
    );
    for (const { hash } of answer.missingBlobDigests) missing.add(hash);
  }
  return missing;
}

/** Puts blobs from memory into casd. */
export async function storeBlobs(
  casd: CasdConnection,
  blobs: Iterable<Uint8Array>,
  signal: AbortSignal,
): Promise<void> {
  const limits = { signal, deadline: TRANSFER_DEADLINE };
  const cost = (blob: Uint8Array) => blob.length + BLOB_OVERHEAD;
  for (const batch of batchesBySize(blobs, cost, BATCH_BYTES)) {
    const [first] = batch;
    const isLarge = first !== undefined && cost(first) > BATCH_BYTES;
    await casd.demand.transfer(isLarge ? writeBlob(casd, first, limits) : storeBatch(casd, batch, limits));
  }
}

async function storeBatch(casd: CasdConnection, blobs: readonly Uint8Array[], limits: CallLimits) {
  const answer = await callUnary(
    'BatchUpdateBlobs',
    casd.storage.batchUpdateBlobs.bind(casd.storage),
    {
      instanceName: LOCAL_INSTANCE,
      requests: blobs.map((blob) => ({
        digest: digestOf(blob),
        data: Buffer.from(blob),
        compressor: Compressor_Value.IDENTITY,
      })),
      digestFunction: 0,
    },
    limits,
  );
  for (const { digest, status } of answer.responses) {
    if (status !== undefined && status.code !== 0) {
      throw rpcErrorOf(`storing ${digest ? formatDigest(digest) : 'a blob'}`, status);
    }
  }
}

async function writeBlob(casd: CasdConnection, blob: Uint8Array, limits: CallLimits): Promise<void> {
  const resourceName = `uploads/${randomUUID()}/blobs/${formatDigest(digestOf(blob))}`;
  function* chunks() {
    for (let offset = 0; offset < blob.length; offset += CHUNK_BYTES) {
      const data = Buffer.from(blob.subarray(offset, offset + CHUNK_BYTES));
      yield {
        resourceName,
        writeOffset: offset,
        finishWrite: offset + data.length === blob.length,
        data,
      };
    }
  }
  await callClientStream('Write', casd.byteStream.write.bind(casd.byteStream), chunks(), limits);
}

/**
 * Puts files of this machine into casd, which reads them itself. Returns their digests by path, so that the
 * caller can tell whether a file changed since it was digested.
 *
 * @param root absolute; the paths are relative to it
 */
export function captureFiles(
  casd: CasdConnection,
  root: string,
  paths: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Digest>> {
  return takeFiles(casd, { root, paths, moveFiles: false }, signal);
}

/** The same for files that are casd's from then on: on one file system they are not copied. */
export function moveFiles(
  casd: CasdConnection,
  root: string,
  paths: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Digest>> {
  return takeFiles(casd, { root, paths, moveFiles: true }, signal);
}

interface FilesToTake {
  readonly root: string;
  readonly paths: readonly string[];
  readonly moveFiles: boolean;
}

async function takeFiles(
  casd: CasdConnection,
  { root, paths, moveFiles }: FilesToTake,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Digest>> {
  const digests = new Map<string, Digest>();
  for (let start = 0; start < paths.length; start += FILES_PER_CAPTURE) {
    const path = paths.slice(start, start + FILES_PER_CAPTURE);
    const call = callUnary(
      'CaptureFiles',
      casd.localStorage.captureFiles.bind(casd.localStorage),
      {
        instanceName: LOCAL_INSTANCE,
        root,
        path,
        bypassLocalCache: false,
        nodeProperties: [],
        moveFiles,
        skipUpload: false,
        unixModeMask: undefined,
        allowChmodToRead: false,
      },
      { signal, deadline: TRANSFER_DEADLINE },
    );
    const answer = await casd.demand.transfer(call);
    for (const { path: file, digest, status } of answer.responses) {
      if (status !== undefined && status.code !== 0) {
        throw rpcErrorOf(`reading ${file}`, status);
      }
      if (digest !== undefined) digests.set(file, digest);
    }
  }
  return digests;
}
