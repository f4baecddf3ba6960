import { Directory, type Tree } from '../gen/build/bazel/remote/execution/v2/remote_execution.js';
import { digestOf } from './digest.js';
import type { TreeNode } from './merkle.js';

/** More than any build makes; a tree that names one folder a million times is an attack. */
const MOST_NODES = 2_000_000;
const DEEPEST = 1000;

/**
 * Everything in a Tree, its folders before what is in them, with paths below `path`.
 *
 * @returns undefined when the Tree is malformed: a name that is no single segment, a child that is not there, a file
 * without a digest, or more nodes than any build makes
 */
export function treeNodes(tree: Tree, path: string): readonly TreeNode[] | undefined {
  if (tree.root === undefined) return undefined;
  const children = new Map(
    tree.children.map((child) => [digestOf(Directory.encode(child).finish()).hash, child]),
  );
  const nodes: TreeNode[] = [];
  return addDirectory(tree.root, path, 0, children, nodes) ? nodes : undefined;
}

function addDirectory(
  directory: Directory,
  path: string,
  depth: number,
  children: ReadonlyMap<string, Directory>,
  nodes: TreeNode[],
): boolean {
  const names = [...directory.files, ...directory.symlinks, ...directory.directories].map(({ name }) => name);
  if (depth > DEEPEST || nodes.length + names.length > MOST_NODES) return false;
  if (!names.every(isSingleSegment) || new Set(names).size < names.length) return false;
  nodes.push({ kind: 'directory', path });
  for (const { name, digest, isExecutable } of directory.files) {
    if (digest === undefined) return false;
    nodes.push({ kind: 'file', path: `${path}/${name}`, digest, executable: isExecutable });
  }
  for (const { name, target } of directory.symlinks) {
    nodes.push({ kind: 'symlink', path: `${path}/${name}`, target });
  }
  return directory.directories.every(({ name, digest }) => {
    const child = children.get(digest?.hash ?? '');
    return child !== undefined && addDirectory(child, `${path}/${name}`, depth + 1, children, nodes);
  });
}

function isSingleSegment(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !/[/\0]/.test(name);
}
