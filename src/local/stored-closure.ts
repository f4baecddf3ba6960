import { closureOf } from '../cas/closure.js';
import { filesInTree } from '../cas/named-blobs.js';
import type { ActionResult } from '../gen/build/bazel/remote/execution/v2/remote_execution.js';
import type { Digest } from '../reapi/digest.js';
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
export function storedClosure(folder: CacheFolder, result: ActionResult): Promise<readonly Digest[]> {
  const inTree = async (tree: Digest) => filesInTree(tree, await readStoredBlob(folder, tree));
  const find = storedDirectories(folder);
  return closureOf(result, {
    inTrees: async (trees) => (await Promise.all(trees.map(inTree))).flat(),
    belowRoots: (roots) => Promise.resolve(roots).then((all) => all.flatMap((root) => belowRoot(root, find))),
  });
}

function belowRoot(root: Digest, find: (digest: Digest) => Uint8Array | undefined): readonly Digest[] {
  const { holes, reached, files } = walkTree(root, find);
  if (holes[0] !== undefined) throw new UnusableBlob(holes[0], 'missing');
  return [...digestsOf(reached), ...files];
}
