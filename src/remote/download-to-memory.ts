import { distinctDigests, formatDigest, type Digest } from '../reapi/digest.js';
import type { CasService } from './cas-service.js';
import { type BlobSink, download } from './download.js';

/** More than was asked for is in these blobs. */
export class TooLarge extends Error {
  override readonly name = 'TooLarge';
}

/**
 * Brings blobs into memory, each checked against its digest. Returns them by hash, the empty one too.
 *
 * @param mostBytes of all together
 * @throws TooLarge before anything is read; UnusableBlob, RpcError, Unavailable
 */
export async function downloadBlobs(
  cas: CasService,
  digests: readonly Digest[],
  mostBytes: number,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Buffer>> {
  const bytes = digests.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  if (bytes > mostBytes) {
    const first = digests[0] === undefined ? '' : formatDigest(digests[0]);
    throw new TooLarge(`${digests.length} blobs (${first}, …) have ${bytes} bytes, more than ${mostBytes}`);
  }
  const blobs = new Map<string, Buffer>();
  for (const { hash, sizeBytes } of digests) if (sizeBytes === 0) blobs.set(hash, Buffer.alloc(0));
  await download(cas, distinctDigests(digests), intoMap(blobs), signal);
  return blobs;
}

function intoMap(blobs: Map<string, Buffer>): BlobSink {
  return {
    put: ({ hash }, bytes) => {
      blobs.set(hash, bytes);
    },
    open: ({ hash }) => {
      const pieces: Buffer[] = [];
      return {
        write: (bytes) => {
          pieces.push(bytes);
        },
        close: () => {
          blobs.set(hash, Buffer.concat(pieces));
        },
        discard: () => undefined,
      };
    },
  };
}
