import { InputError } from '../../errors.js';
import type { Digest } from '../../reapi/digest.js';
import { merkleTree, type MerkleTree, type TreeNode } from '../../reapi/merkle.js';
import { overlay, OverlayConflict, type OverlayNode, type ReadDirectory } from '../../reapi/overlay.js';
import { WORKSPACE } from '../../rootfs/layout.js';

export interface InputRootParts {
  /** The Directory of a root file system that is in CAS; undefined where the host's is mounted. */
  readonly rootfs: Digest | undefined;
  /** What the sandbox needs in its root. */
  readonly root: readonly OverlayNode[];
  /** What is in the workspace, relative to it. */
  readonly workspace: readonly TreeNode[];
}

/**
 * The input root of an action: the sandbox's `/`. A root file system out of CAS is in it by the digests of its folders,
 * of which only those are read that the sandbox changes.
 *
 * @returns the directories that are new: not those of the root file system
 * @throws InputError for a host path that has no place in the root file system, and what `read` throws
 */
export async function inputRootOf(
  { rootfs, root, workspace }: InputRootParts,
  read: ReadDirectory,
): Promise<MerkleTree> {
  if (rootfs === undefined) {
    return merkleTree([
      ...root,
      ...workspace.map((node) => ({ ...node, path: `${WORKSPACE}/${node.path}` })),
    ]);
  }
  const checkout = merkleTree([{ kind: 'directory', path: '', readOnly: false }, ...workspace]);
  const inPlace = [
    ...root.filter(({ path }) => path !== WORKSPACE),
    { kind: 'subtree', path: WORKSPACE, digest: checkout.root, over: 'replace' } as const,
  ];
  try {
    const merged = await overlay(rootfs, inPlace, read);
    return { root: merged.root, directories: new Map([...checkout.directories, ...merged.directories]) };
  } catch (error) {
    if (!(error instanceof OverlayConflict)) throw error;
    throw new InputError(
      'host-paths',
      `/${error.path}`,
      `The root file system has a ${error.kind} there, so nothing can be shown at or below it.`,
    );
  }
}
