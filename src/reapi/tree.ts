import { BinaryReader } from '@bufbuild/protobuf/wire';
import { Directory } from '../gen/build/bazel/remote/execution/v2/remote_execution.js';
import { digestOf } from './digest.js';
import { childNodes, isSound } from './directory.js';
import { textOf } from './escaped-text.js';
import type { TreeNode } from './merkle.js';

/** More than any build makes; a tree that names one folder a million times is an attack. */
const MOST_NODES = 2_000_000;
const DEEPEST = 1000;

/** The fields of a Tree, as they are tagged (remote_execution.proto; wire type 2). */
const ROOT = (1 << 3) | 2;
const CHILD = (2 << 3) | 2;

/**
 * Everything in an encoded Tree, its folders before what is in them, with paths below `path`. A name or target that is
 * not UTF-8 comes as `textOf` gives it.
 *
 * @returns undefined when the Tree is malformed: a name that is no single segment, a child that is not there, a file
 * without a digest, or more nodes than any build makes
 */
export function treeNodes(tree: Uint8Array, path: string): readonly TreeNode[] | undefined {
  const decoded = decodeTree(tree);
  if (decoded === undefined) return undefined;
  const { root, children } = decoded;
  if (unfoldedSize(root, 0, children, new Map()) > MOST_NODES) return undefined;
  const nodes: TreeNode[] = [];
  return addDirectory(root, path, 0, children, nodes) ? nodes : undefined;
}

/** The children are known by what their very bytes digest to. */
function decodeTree(tree: Uint8Array) {
  let root: Directory | undefined;
  const children = new Map<string, Directory>();
  try {
    const reader = new BinaryReader(tree);
    while (reader.pos < reader.len) {
      const tag = reader.uint32();
      if (tag === ROOT) root = decodeDirectory(reader.bytes());
      else if (tag === CHILD) {
        const bytes = reader.bytes();
        children.set(digestOf(bytes).hash, decodeDirectory(bytes));
      } else reader.skip(tag & 7);
    }
  } catch {
    return undefined;
  }
  return root && { root, children };
}

function decodeDirectory(bytes: Uint8Array): Directory {
  return Directory.decode(new BinaryReader(bytes, textOf), bytes.length);
}

/**
 * How many nodes a folder unfolds to, itself included. Each folder is looked at once, however often it is named: to
 * unfold two million nodes takes seconds, and a few kilobytes can ask for it.
 *
 * @param sizes of the folders that were looked at, by hash
 */
function unfoldedSize(
  { files, symlinks, directories }: Directory,
  depth: number,
  children: ReadonlyMap<string, Directory>,
  sizes: Map<string, number>,
): number {
  let size = 1 + files.length + symlinks.length;
  for (const { digest } of directories) {
    const hash = digest?.hash ?? '';
    const child = children.get(hash);
    if (child === undefined || depth > DEEPEST) return Infinity;
    const inside = sizes.get(hash) ?? unfoldedSize(child, depth + 1, children, sizes);
    sizes.set(hash, inside);
    size += inside;
  }
  return size;
}

function addDirectory(
  directory: Directory,
  path: string,
  depth: number,
  children: ReadonlyMap<string, Directory>,
  nodes: TreeNode[],
): boolean {
  if (depth > DEEPEST || !isSound(directory)) return false;
  nodes.push({ kind: 'directory', path });
  const here = childNodes(directory, path);
  for (const node of here) {
    // Times that a builder's files had are no part of what it built.
    if (node.kind !== 'subtree') nodes.push({ ...node, properties: undefined });
  }
  return here.every((node) => {
    if (node.kind !== 'subtree') return true;
    const child = children.get(node.digest.hash);
    return child !== undefined && addDirectory(child, node.path, depth + 1, children, nodes);
  });
}
