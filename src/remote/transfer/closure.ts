import { closureOf } from '../../cas/closure.js';
import { filesInTree, namedBlobs } from '../../cas/named-blobs.js';
import type { ActionResult } from '../../gen/build/bazel/remote/execution/v2/remote_execution.js';
import { distinctDigests, type Digest } from '../../reapi/digest.js';
import type { CasService } from '../cas-service.js';
import { downloadBlobs } from './download-to-memory.js';
import { findMissing } from './find-missing.js';
import { fetchTree } from './tree.js';

const MOST_TREE_BYTES = 64 * 1024 * 1024;

/**
 * Of everything that a result needs, what the remote lacks: what is in its folders takes a second round trip, unless
 * the caller has read its trees.
 *
 * @param inTrees what the files of its trees hold, where that is known
 * @throws UnusableBlob when a tree or a folder is missing or malformed; RpcError, Unavailable
 */
export async function missingOf(
  cas: CasService,
  result: ActionResult,
  inTrees: readonly Digest[] | undefined,
  signal: AbortSignal,
): Promise<readonly Digest[]> {
  const { plain, trees } = namedBlobs(result);
  const named = distinctDigests([...plain, ...(inTrees ?? [])]);
  const [missing, closure] = await Promise.all([
    findMissing(cas, named, signal),
    closureOf(result, {
      inTrees: (digests) =>
        inTrees === undefined ? filesInTrees(cas, digests, signal) : Promise.resolve(inTrees),
      belowRoots: (roots) => filesBelowRoots(cas, roots, signal),
    }),
  ]);
  // A tree was read just now, by us or by the caller.
  const known = new Set([...named, ...trees].map(({ hash }) => hash));
  const others = closure.filter(({ hash }) => !known.has(hash));
  const missingOthers = await findMissing(cas, others, signal);
  return closure.filter(({ hash }) => missing.has(hash) || missingOthers.has(hash));
}

async function filesInTrees(cas: CasService, trees: readonly Digest[], signal: AbortSignal) {
  const blobs = await downloadBlobs(cas, trees, MOST_TREE_BYTES, signal);
  return trees.flatMap((tree) => filesInTree(tree, blobs.get(tree.hash) ?? Buffer.alloc(0)));
}

/** The folders themselves are there: they are read for it. */
async function filesBelowRoots(cas: CasService, roots: readonly Digest[], signal: AbortSignal) {
  const fetched = await Promise.all(roots.map((root) => fetchTree(cas, root, signal)));
  return fetched.flatMap(({ files }) => files);
}
