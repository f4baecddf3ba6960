import type { ActionResult } from '../gen/build/bazel/remote/execution/v2/remote_execution.js';
import { distinctDigests, type Digest } from '../reapi/digest.js';
import { namedBlobs } from './named-blobs.js';

/** Looks into the folders of a result, wherever they lie. What it finds may come more than once. */
export interface FolderReader {
  /** What the files of Tree messages hold. */
  inTrees(trees: readonly Digest[]): Promise<readonly Digest[]>;
  /** The Directory messages at and below others, and what their files hold. */
  belowRoots(roots: readonly Digest[]): Promise<readonly Digest[]>;
}

/**
 * Every blob that a result needs, each once, without the empty blob.
 *
 * @throws what the reader throws where a folder cannot be read
 */
export async function closureOf(result: ActionResult, reader: FolderReader): Promise<readonly Digest[]> {
  const { plain, trees, roots } = namedBlobs(result);
  const inside = await Promise.all([reader.inTrees(trees), reader.belowRoots(roots)]);
  return distinctDigests([...plain, ...trees, ...inside.flat()]);
}
