import type { ActionResult } from '../gen/build/bazel/remote/execution/v2/remote_execution.js';
import { distinctDigests, type Digest } from '../reapi/digest.js';
import { filesInTree, namedBlobs } from '../reapi/named-blobs.js';
import { UnusableBlob } from '../reapi/unusable-blob.js';
import { digestsOf, walkTree } from '../reapi/walk-tree.js';
import type { CacheFolder } from './folder.js';
import { storedDirectories } from './stored-directories.js';
import { readStoredBlob } from './stored-results.js';

/**
 * Every blob that a result of the local cache needs, each once, without the empty blob. Reads the trees that it names.
 *
 * @throws UnusableBlob when a tree or a folder is missing or corrupt
 */
export async function storedClosure(folder: CacheFolder, result: ActionResult): Promise<readonly Digest[]> {
  const { plain, trees, roots } = namedBlobs(result);
  const inside: (readonly Digest[])[] = [];
  for (const tree of trees) inside.push(filesInTree(await readStoredBlob(folder, tree)));
  for (const root of roots) {
    const { holes, reached, files } = walkTree(root, storedDirectories(folder));
    if (holes[0] !== undefined) throw new UnusableBlob(holes[0], 'missing');
    inside.push(digestsOf(reached), files);
  }
  return distinctDigests([...plain, ...trees, ...inside.flat()]);
}
