import { join } from 'node:path';
import type { BlobSink, BlobWriter } from '../cas/blob-sink.js';
import { SMALL_BLOB } from '../cas/blob-source.js';
import type { Store } from '../cas/store.js';
import { yielding } from '../async/yielding.js';
import type { Digest } from '../reapi/digest.js';
import type { CacheFolder } from './folder.js';
import { objectPath } from './layout.js';
import { removeObject } from './remove-object.js';
import { confirmStored, readStoredBlob, readStoredResult, streamStoredBlob } from './stored-results.js';

/** The local cache. No casd needs to run for it. */
export function localStore(folder: CacheFolder): Store {
  return {
    name: 'local',
    entry: (action) => readStoredResult(folder, action),
    read: async (digests, sink, signal) => {
      const yields = yielding(signal);
      for (const digest of digests) {
        if (digest.sizeBytes <= SMALL_BLOB) await sink.take(digest, await readStoredBlob(folder, digest));
        else await readLarge(folder, digest, sink, signal);
        if (yields.due()) await yields.turn();
      }
    },
    checkComplete: async (_result, inTrees) => {
      for (const digest of inTrees) await confirmStored(folder, digest);
    },
    discard: (digest) => removeObject(join(folder.storage, objectPath(digest))),
  };
}

async function readLarge(
  folder: CacheFolder,
  digest: Digest,
  sink: BlobSink,
  signal: AbortSignal,
): Promise<void> {
  const writer: BlobWriter = await sink.begin(digest);
  try {
    for await (const piece of streamStoredBlob(folder, digest, signal)) await writer.write(piece);
    await writer.finish();
  } catch (error) {
    await writer.discard();
    throw error;
  }
}
