import type { ActionResult } from '../gen/build/bazel/remote/execution/v2/remote_execution.js';
import { distinctDigests, type Digest } from '../reapi/digest.js';
import { filesInTree, namedBlobs } from '../reapi/named-blobs.js';
import { UnusableBlob } from '../reapi/unusable-blob.js';
import type { CasService } from './cas-service.js';
import { downloadBlobs } from './download-to-memory.js';
import { findMissing } from './find-missing.js';
import { fetchTree } from './tree.js';

/** Everything that an action's result names, and what of it the remote lacks. */
export interface Closure {
  /** Each once. */
  readonly blobs: readonly Digest[];
  readonly missing: readonly Digest[];
  /** The encoded Tree messages by hash: they are needed anyway. */
  readonly trees: ReadonlyMap<string, Buffer>;
}

const MOST_TREE_BYTES = 64 * 1024 * 1024;

/**
 * Asks the remote for everything that a result names: what is in its trees takes a second round trip.
 *
 * @throws UnusableBlob when a tree is missing or malformed; RpcError, Unavailable
 */
export async function checkClosure(
  cas: CasService,
  result: ActionResult,
  signal: AbortSignal,
): Promise<Closure> {
  const { plain, trees, roots } = namedBlobs(result);
  const [missing, treeBlobs, ...fetched] = await Promise.all([
    findMissing(cas, plain, signal),
    downloadBlobs(cas, trees, MOST_TREE_BYTES, signal),
    ...roots.map((root) => fetchTree(cas, root, signal)),
  ]);
  const inside = distinctDigests([
    ...trees.flatMap((tree) => filesIn(tree, treeBlobs.get(tree.hash))),
    ...fetched.flatMap(({ files }) => files),
  ]);
  const missingInside = await findMissing(cas, inside, signal);
  const blobs = distinctDigests([...plain, ...trees, ...roots, ...inside]);
  return {
    blobs,
    missing: blobs.filter(({ hash }) => missing.has(hash) || missingInside.has(hash)),
    trees: treeBlobs,
  };
}

/**
 * Of everything that a result names, what the remote lacks, for who has read its trees: in one round trip, unless its
 * folders have files that its trees have not.
 *
 * @param inTrees the files of its trees
 * @throws UnusableBlob when a folder is missing or malformed; RpcError, Unavailable
 */
export async function missingOf(
  cas: CasService,
  result: ActionResult,
  inTrees: readonly Digest[],
  signal: AbortSignal,
): Promise<readonly Digest[]> {
  const { plain, roots } = namedBlobs(result);
  const known = distinctDigests([...plain, ...inTrees]);
  const [missing, ...fetched] = await Promise.all([
    findMissing(cas, known, signal),
    ...roots.map((root) => fetchTree(cas, root, signal)),
  ]);
  const hashes = new Set(known.map(({ hash }) => hash));
  const others = distinctDigests(fetched.flatMap(({ files }) => files)).filter(
    ({ hash }) => !hashes.has(hash),
  );
  const missingOthers = await findMissing(cas, others, signal);
  return [...known, ...others].filter(({ hash }) => missing.has(hash) || missingOthers.has(hash));
}

function filesIn(digest: Digest, blob: Buffer = Buffer.alloc(0)): readonly Digest[] {
  try {
    return filesInTree(blob);
  } catch {
    throw new UnusableBlob(digest, 'corrupt');
  }
}
