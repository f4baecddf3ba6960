import { MemorySink } from '../../cas/memory-sink.js';
import { distinctDigests, formatDigest, type Digest } from '../../reapi/digest.js';
import type { CasService } from '../cas-service.js';
import { download } from './download.js';

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
  const sink = new MemorySink();
  for (const digest of digests) if (digest.sizeBytes === 0) sink.take(digest, Buffer.alloc(0));
  await download(cas, distinctDigests(digests), sink, signal);
  return sink.blobs;
}
