import type { Directory } from '../gen/build/bazel/remote/execution/v2/remote_execution.js';
import type { Digest } from './digest.js';
import { childNodes } from './directory.js';
import { merkleTree, type MerkleTree, type TreeNode } from './merkle.js';

/** A node to be laid over a tree, and what becomes of it where the tree has something at its path. */
export type OverlayNode = TreeNode & {
  /**
   * `replace`: it goes there instead, but folders are merged; `fill`: the tree's own stays; `mount`: only something of
   * its kind is needed there, and that of the tree will do.
   */
  readonly over: 'replace' | 'fill' | 'mount';
};

/** Gives a sound Directory by its digest. */
export type ReadDirectory = (digest: Digest) => Promise<Directory>;

/** What is to be mounted cannot be, for what the tree has there or on the way. */
export class OverlayConflict extends Error {
  override readonly name = 'OverlayConflict';

  constructor(
    /** Relative to the root. */
    readonly path: string,
    readonly kind: string,
  ) {
    super(`there is a ${kind} at ${path}`);
  }
}

/**
 * Lays nodes over a tree that is known by its digest. Only the folders of the tree that they change are read, and only
 * those are among the directories of the result.
 *
 * @throws OverlayConflict, and what `read` throws
 */
export async function overlay(
  root: Digest,
  nodes: readonly OverlayNode[],
  read: ReadDirectory,
): Promise<MerkleTree> {
  const base = await Base.open(root, read);
  const added: TreeNode[] = [];
  for (const node of nodes) {
    const there = await base.find(node.path);
    if (yields(node, there)) continue;
    if (there !== undefined && !(there.kind === 'directory' && node.kind === 'directory'))
      base.drop(there.path);
    added.push(node);
    await base.openTo(node.kind === 'directory' ? node.path : parentOf(node.path));
  }
  return merkleTree([...base.nodes(), ...added]);
}

interface Standing {
  readonly path: string;
  readonly kind: 'directory' | 'file' | 'symlink';
}

function yields(node: OverlayNode, there: Standing | undefined): boolean {
  if (there === undefined) return false;
  const fits = there.path === node.path && there.kind === node.kind;
  if (fits && node.kind === 'directory') return node.readOnly === undefined;
  if (node.over === 'replace') return false;
  if (node.over === 'fill' || fits) return true;
  throw new OverlayConflict(there.path, there.kind);
}

/** The tree below, as far as it had to be opened. */
class Base {
  readonly #closed = new Map<string, TreeNode>();
  readonly #open = new Map<string, TreeNode>();

  private constructor(private readonly read: ReadDirectory) {}

  static async open(root: Digest, read: ReadDirectory): Promise<Base> {
    const base = new Base(read);
    await base.#openFolder('', root);
    return base;
  }

  /** What stands at a path, or at the first part of it that is no folder. */
  async find(path: string): Promise<Standing | undefined> {
    for (const prefix of prefixes(path)) {
      const node = await this.#look(prefix, prefix !== path);
      if (node === undefined) return undefined;
      if (node.kind === 'file' || node.kind === 'symlink') return { path: prefix, kind: node.kind };
    }
    return { path, kind: 'directory' };
  }

  async openTo(path: string): Promise<void> {
    for (const prefix of prefixes(path)) await this.#look(prefix, true);
  }

  drop(path: string): void {
    for (const nodes of [this.#closed, this.#open]) {
      for (const each of nodes.keys()) if (each === path || each.startsWith(`${path}/`)) nodes.delete(each);
    }
  }

  nodes(): readonly TreeNode[] {
    return [...this.#open.values(), ...this.#closed.values()];
  }

  async #look(path: string, enter: boolean): Promise<TreeNode | undefined> {
    const node = this.#open.get(path) ?? this.#closed.get(path);
    if (node?.kind !== 'subtree' || !enter) return node;
    this.#closed.delete(path);
    await this.#openFolder(path, node.digest);
    return this.#open.get(path);
  }

  async #openFolder(path: string, digest: Digest): Promise<void> {
    const directory = await this.read(digest);
    this.#open.set(path, { kind: 'directory', path, properties: directory.nodeProperties });
    for (const child of childNodes(directory, path)) this.#closed.set(child.path, child);
  }
}

/** `a/b/c` is reached by `a`, `a/b` and itself; the root by nothing. */
function prefixes(path: string): readonly string[] {
  const names = path.split('/').filter((name) => name !== '');
  return names.map((_, i) => names.slice(0, i + 1).join('/'));
}

function parentOf(path: string): string {
  return path.split('/').slice(0, -1).join('/');
}
