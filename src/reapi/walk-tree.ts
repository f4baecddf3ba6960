import type { Directory } from '../gen/build/bazel/remote/execution/v2/remote_execution.js';
import type { Digest } from './digest.js';
import { decodeDirectory } from './directory.js';
import { UnusableBlob } from './unusable-blob.js';

/** A tree of Directory messages, as far as they are known. */
export interface WalkedTree {
  /** The encoded Directory messages of the tree by hash, as far as they are known. */
  readonly reached: ReadonlyMap<string, Uint8Array>;
  /** The first that are not known on the way down. */
  readonly holes: readonly Digest[];
  /** What its files hold, each once, without the empty blob. */
  readonly files: readonly Digest[];
}

/**
 * Follows a tree down from its root; a directory that stands in several places is read once.
 *
 * @param find gives an encoded Directory, where it is known
 * @throws UnusableBlob for one that is malformed
 */
export function walkTree(root: Digest, find: (digest: Digest) => Uint8Array | undefined): WalkedTree {
  const reached = new Map<string, Uint8Array>();
  const holes: Digest[] = [];
  const files = new Map<string, Digest>();
  const seen = new Set([root.hash]);
  const queue = [root];
  for (let digest = queue.pop(); digest !== undefined; digest = queue.pop()) {
    const bytes = digest.sizeBytes === 0 ? new Uint8Array() : find(digest);
    if (bytes === undefined) {
      holes.push(digest);
      continue;
    }
    reached.set(digest.hash, bytes);
    const directory = decode(digest, bytes);
    for (const { digest: file } of directory.files)
      if (file !== undefined && file.sizeBytes > 0) files.set(file.hash, file);
    for (const { digest: child } of directory.directories) {
      if (child === undefined || seen.has(child.hash)) continue;
      seen.add(child.hash);
      queue.push(child);
    }
  }
  return { reached, holes, files: [...files.values()] };
}

/** The digests of encoded directories that are known by their hashes. */
export function digestsOf(directories: ReadonlyMap<string, Uint8Array>): readonly Digest[] {
  return [...directories].map(([hash, { length }]) => ({ hash, sizeBytes: length }));
}

function decode(digest: Digest, bytes: Uint8Array): Directory {
  const directory = decodeDirectory(bytes);
  if (directory === undefined) throw new UnusableBlob(digest, 'corrupt');
  return directory;
}
