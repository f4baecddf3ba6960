import { join } from 'node:path';
import { givePieces } from '../cas/blob-sink.js';
import { SMALL_BLOB } from '../cas/blob-source.js';
import type { Store } from '../cas/store.js';
import { yielding } from '../async/yielding.js';
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
        else {
          await givePieces(sink, digest, async (writer) => {
            for await (const piece of streamStoredBlob(folder, digest, signal)) await writer.write(piece);
          });
        }
        if (yields.due()) await yields.turn();
      }
    },
    checkComplete: async (_result, inTrees) => {
      for (const digest of inTrees) await confirmStored(folder, digest);
    },
    discard: (digest) => removeObject(join(folder.storage, objectPath(digest))),
  };
}
