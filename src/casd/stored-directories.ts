import type { Digest } from '../reapi/digest.js';
import { UnusableBlob } from '../reapi/unusable-blob.js';
import { walkTree } from '../reapi/walk-tree.js';
import { discardBlob } from './discard.js';
import type { CacheFolder } from './folder.js';
import { readStoredBlob } from './stored-results.js';

/**
 * The encoded directories of a tree that the local cache has, by hash; of those that it lacks, what is below them is
 * left out.
 *
 * @throws UnusableBlob for one that is malformed
 */
export async function storedDirectories(
  folder: CacheFolder,
  root: Digest,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const found = new Map<string, Uint8Array>();
  const lacking = new Set<string>();
  for (;;) {
    const holes = walkTree(root, found).holes.filter(({ hash }) => !lacking.has(hash));
    if (holes.length === 0) return found;
    for (const hole of holes) {
      const bytes = await readIfStored(folder, hole);
      if (bytes === undefined) lacking.add(hole.hash);
      else found.set(hole.hash, bytes);
    }
  }
}

async function readIfStored(folder: CacheFolder, digest: Digest): Promise<Uint8Array | undefined> {
  try {
    return await readStoredBlob(folder, digest);
  } catch (error) {
    if (!(error instanceof UnusableBlob)) throw error;
    if (error.reason === 'corrupt') await discardBlob(folder, digest); // casd would keep it as it is.
    return undefined;
  }
}
