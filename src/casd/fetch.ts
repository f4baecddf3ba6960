import { createHash } from 'node:crypto';
import { open, writeFile } from 'node:fs/promises';
import { status } from '@grpc/grpc-js';
import { digestOf, formatDigest, type Digest } from '../reapi/digest.js';
import { UnusableBlob } from '../reapi/unusable-blob.js';
import { callServerStream, callUnary, RpcError } from '../rpc/call.js';
import { BATCH_BYTES, batchesBySize } from './batches.js';
import { type CasdConnection, LOCAL_INSTANCE } from './connection.js';

const TRANSFER_DEADLINE = 600_000;

/** A file to be made of a blob. */
export interface FileToFetch {
  readonly digest: Digest;
  /** Absolute; nothing may be there yet. */
  readonly path: string;
  readonly mode: number;
}

/**
 * Reads a blob into memory and checks it against its digest.
 *
 * @throws UnusableBlob when it is missing or corrupt
 */
export async function fetchBlob(casd: CasdConnection, digest: Digest, signal: AbortSignal): Promise<Buffer> {
  if (digest.sizeBytes > BATCH_BYTES) {
    const chunks: Buffer[] = [];
    for await (const chunk of readVerified(casd, digest, signal)) chunks.push(chunk);
    return Buffer.concat(chunks);
  }
  const blobs = await fetchBatch(casd, [digest], signal);
  return blobs.get(digest.hash) ?? Buffer.alloc(0);
}

/**
 * Makes files out of blobs, each checked against its digest: small ones many at a time, large ones as streams.
 *
 * @throws UnusableBlob for the first that is missing or corrupt; the files made so far are then the caller's to remove
 */
export async function fetchFiles(
  casd: CasdConnection,
  files: readonly FileToFetch[],
  signal: AbortSignal,
): Promise<void> {
  for (const batch of batchesBySize(files, ({ digest }) => digest.sizeBytes)) {
    const [first] = batch;
    if (first !== undefined && first.digest.sizeBytes > BATCH_BYTES) {
      await fetchLargeFile(casd, first, signal);
      continue;
    }
    const blobs = await fetchBatch(
      casd,
      batch.map(({ digest }) => digest),
      signal,
    );
    for (const { digest, path, mode } of batch) {
      await writeFile(path, blobs.get(digest.hash) ?? Buffer.alloc(0), { flag: 'wx', mode });
    }
  }
}

/** Reads blobs that fit one message. Returns them by hash; not one is missing or corrupt. */
async function fetchBatch(
  casd: CasdConnection,
  wanted: readonly Digest[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Buffer>> {
  const digests = [...new Map(wanted.map((digest) => [digest.hash, digest])).values()];
  const blobs = new Map<string, Buffer>();
  const answer = await callUnary(
    'BatchReadBlobs',
    casd.storage.batchReadBlobs.bind(casd.storage),
    { instanceName: LOCAL_INSTANCE, digests, acceptableCompressors: [], digestFunction: 0 },
    { signal, deadline: TRANSFER_DEADLINE },
  );
  for (const { digest, data, status: outcome } of answer.responses) {
    if (digest === undefined || (outcome !== undefined && outcome.code !== 0)) continue;
    if (digestOf(data).hash !== digest.hash) throw new UnusableBlob(digest, 'corrupt');
    blobs.set(digest.hash, data);
  }
  const absent = digests.find(({ hash }) => !blobs.has(hash));
  if (absent !== undefined) throw new UnusableBlob(absent, 'missing');
  return blobs;
}

async function fetchLargeFile(
  casd: CasdConnection,
  { digest, path, mode }: FileToFetch,
  signal: AbortSignal,
) {
  const file = await open(path, 'wx', mode);
  try {
    for await (const chunk of readVerified(casd, digest, signal)) await file.writeFile(chunk);
  } finally {
    await file.close();
  }
}

/** Streams a blob; the last chunk comes only after the whole was found to be right. */
async function* readVerified(casd: CasdConnection, digest: Digest, signal: AbortSignal) {
  const hash = createHash('sha256');
  let held: Buffer | undefined;
  let size = 0;
  try {
    const chunks = callServerStream(
      'Read',
      casd.byteStream.read.bind(casd.byteStream),
      { resourceName: `blobs/${formatDigest(digest)}`, readOffset: 0, readLimit: 0 },
      { signal, deadline: TRANSFER_DEADLINE },
    );
    for await (const { data } of chunks) {
      hash.update(data);
      size += data.length;
      if (held !== undefined) yield held;
      held = data;
    }
  } catch (error) {
    if (error instanceof RpcError && error.code === status.NOT_FOUND)
      throw new UnusableBlob(digest, 'missing');
    throw error;
  }
  if (size !== digest.sizeBytes || hash.digest('hex') !== digest.hash)
    throw new UnusableBlob(digest, 'corrupt');
  if (held !== undefined) yield held;
}
