import {
  type ActionResult,
  type Directory,
  Tree,
} from '../gen/build/bazel/remote/execution/v2/remote_execution.js';
import { distinctDigests, type Digest } from '../reapi/digest.js';
import { UnusableBlob } from '../reapi/unusable-blob.js';

/** The blobs that a result names itself, each once; what it says of its folders is in their trees, or below their roots. */
export interface NamedBlobs {
  /** Output files, stdout and stderr. */
  readonly plain: readonly Digest[];
  /** Of Tree messages. */
  readonly trees: readonly Digest[];
  /** Of Directory messages. */
  readonly roots: readonly Digest[];
}

export function namedBlobs(result: ActionResult): NamedBlobs {
  const present = (digests: readonly (Digest | undefined)[]) =>
    distinctDigests(digests.flatMap((one) => one ?? []));
  return {
    plain: present([
      ...result.outputFiles.map(({ digest }) => digest),
      result.stdoutDigest,
      result.stderrDigest,
    ]),
    trees: present(result.outputDirectories.map(({ treeDigest }) => treeDigest)),
    roots: present(result.outputDirectories.map(({ rootDirectoryDigest }) => rootDirectoryDigest)),
  };
}

/** What the files of an encoded Tree hold. @throws UnusableBlob when it is none */
export function filesInTree(digest: Digest, blob: Uint8Array): readonly Digest[] {
  try {
    const { root, children } = Tree.decode(blob);
    return [...(root === undefined ? [] : [root]), ...children].flatMap(filesOf);
  } catch {
    throw new UnusableBlob(digest, 'corrupt');
  }
}

function filesOf({ files }: Directory): readonly Digest[] {
  return files.flatMap(({ digest }) => digest ?? []);
}
