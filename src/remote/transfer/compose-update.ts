import { Compressor_Value } from '../../gen/build/bazel/remote/execution/v2/remote_execution.js';
import { type BlobSource, readSource, UnusableSource } from '../../cas/blob-source.js';
import { yielding } from '../../async/yielding.js';
import type { BufferPool } from './buffer-pool.js';
import type { CasService } from '../cas-service.js';
import { compresses } from './pieces.js';
import type { RefusedBlob } from './refused.js';
import { layOutUpdate } from './update-message.js';
import { nodeZstd } from '../../zstd/node-zstd.js';

/** An encoded `BatchUpdateBlobsRequest`, and what is in it. */
export interface Update {
  readonly message: Buffer;
  readonly parts: readonly Part[];
}

export interface Part {
  readonly blob: BlobSource;
  /** Its compressed bytes; undefined where it goes as it is. */
  readonly packed: Buffer | undefined;
}

type Refuse = (blob: RefusedBlob) => void;

/**
 * Reads blobs into one message, each compressed where the remote takes that and it gets shorter.
 *
 * @param refuse called with what cannot be read; it is left out
 */
export async function composeUpdate(
  cas: CasService,
  blobs: readonly BlobSource[],
  refuse: Refuse,
  buffers: BufferPool,
): Promise<Update> {
  const parts = blobs.map((blob): Part => ({ blob, packed: undefined }));
  const packable = parts.filter(({ blob }) => compresses(blob.digest, cas.limits));
  if (packable.length === 0) return fill(cas.instance, parts, refuse, buffers);
  const plain = parts.filter((part) => !packable.includes(part));
  return fill(cas.instance, [...plain, ...(await eachUsable(packable, pack, refuse))], refuse, buffers);
}

export function lengthOf({ blob, packed }: Part): number {
  return packed?.length ?? blob.digest.sizeBytes;
}

function pack({ blob }: Part): Part {
  const { sizeBytes } = blob.digest;
  const target = Buffer.allocUnsafe(sizeBytes + 1);
  readSource(blob, target);
  const packed = nodeZstd?.zstdCompressSync(target.subarray(0, sizeBytes));
  return { blob, packed: packed !== undefined && packed.length < sizeBytes ? packed : undefined };
}

async function fill(
  instance: string,
  parts: readonly Part[],
  refuse: Refuse,
  buffers: BufferPool,
): Promise<Update> {
  const { places, finish } = layOutUpdate(
    instance,
    parts.map((part) => ({
      digest: part.blob.digest,
      compressor: part.packed === undefined ? Compressor_Value.IDENTITY : Compressor_Value.ZSTD,
      length: lengthOf(part),
    })),
    (bytes) => buffers.take(bytes),
  );
  const put = (part: Part, i: number) => {
    const place = places[i] ?? Buffer.alloc(0);
    if (part.packed === undefined) readSource(part.blob, place);
    else place.set(part.packed);
    return part;
  };
  const usable = await eachUsable(parts, put, refuse);
  if (usable.length < parts.length) return fill(instance, usable, refuse, buffers);
  return { message: finish(), parts };
}

/** Does something with each part. Returns what came of those that can be read. */
async function eachUsable(
  parts: readonly Part[],
  work: (part: Part, i: number) => Part,
  refuse: Refuse,
): Promise<readonly Part[]> {
  const usable: Part[] = [];
  const yields = yielding();
  let i = 0;
  for (const part of parts) {
    try {
      usable.push(work(part, i++));
    } catch (error) {
      if (!(error instanceof UnusableSource)) throw error;
      refuse({ digest: part.blob.digest, reason: error.message });
    }
    if (yields.due()) await yields.turn();
  }
  return usable;
}
