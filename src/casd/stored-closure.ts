import { type ActionResult, Tree } from '../gen/build/bazel/remote/execution/v2/remote_execution.js';
import type { Digest } from '../reapi/digest.js';
import type { CacheFolder } from './folder.js';
import { readStoredBlob } from './stored-results.js';

/**
 * Every blob that a result of the local cache needs, each once, without the empty blob. Reads the trees that it names.
 *
 * @throws UnusableBlob when a tree is missing or corrupt
 */
export async function storedClosure(folder: CacheFolder, result: ActionResult): Promise<readonly Digest[]> {
  const needed = new Map<string, Digest>();
  const need = (digest: Digest | undefined) => {
    if (digest !== undefined && digest.sizeBytes > 0) needed.set(digest.hash, digest);
  };
  need(result.stdoutDigest);
  need(result.stderrDigest);
  for (const { treeDigest } of result.outputDirectories) {
    if (treeDigest === undefined) continue;
    need(treeDigest);
    const { root, children } = Tree.decode(await readStoredBlob(folder, treeDigest));
    for (const { files } of [...(root === undefined ? [] : [root]), ...children]) {
      for (const { digest } of files) need(digest);
    }
  }
  for (const { digest } of result.outputFiles) need(digest);
  return [...needed.values()];
}
