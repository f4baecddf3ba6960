import { Directory, type NodeProperties } from '../gen/build/bazel/remote/execution/v2/remote_execution.js';
import { digestOf, type Digest } from './digest.js';
import { compareUtf8 } from './order.js';

/** A thing in an input root, at a path relative to it; parent folders need not be named. */
export type TreeNode =
  | {
      readonly kind: 'file';
      readonly path: string;
      readonly digest: Digest;
      readonly executable: boolean;
      readonly properties?: NodeProperties | undefined;
    }
  | {
      readonly kind: 'symlink';
      readonly path: string;
      readonly target: string;
      readonly properties?: NodeProperties | undefined;
    }
  | {
      readonly kind: 'directory';
      readonly path: string;
      readonly readOnly?: boolean;
      readonly properties?: NodeProperties | undefined;
    }
  /** A Directory that is encoded already, with all that is below it: nothing else can lie there. */
  | { readonly kind: 'subtree'; readonly path: string; readonly digest: Digest };

export interface MerkleTree {
  readonly root: Digest;
  /** The encoded Directory messages by hash. */
  readonly directories: ReadonlyMap<string, Uint8Array>;
}

const READ_ONLY = 'SubtreeReadOnly';

interface Folder {
  readonly folders: Map<string, Folder>;
  readonly leaves: Map<string, Exclude<TreeNode, { kind: 'directory' }>>;
  readOnly: boolean | undefined;
  properties: NodeProperties | undefined;
}

/**
 * Encodes nodes as canonical Directory messages: children sorted by name as UTF-8 bytes, defaults left out.
 * `readOnly` becomes buildbox-fuse's property `SubtreeReadOnly`, which a folder's children inherit.
 *
 * @throws Error when two nodes claim one path.
 */
export function merkleTree(nodes: Iterable<TreeNode>): MerkleTree {
  const root = newFolder();
  for (const node of nodes) place(root, node);
  const directories = new Map<string, Uint8Array>();
  return { root: encodeFolder(root, directories), directories };
}

function newFolder(): Folder {
  return { folders: new Map(), leaves: new Map(), readOnly: undefined, properties: undefined };
}

function place(root: Folder, node: TreeNode): void {
  const names = node.path.split('/').filter((name) => name !== '');
  if (node.kind === 'directory') {
    const folder = descend(root, names, node.path);
    folder.readOnly = node.readOnly ?? folder.readOnly;
    folder.properties = node.properties ?? folder.properties;
    return;
  }
  const name = names.pop() ?? '';
  const folder = descend(root, names, node.path);
  if (folder.leaves.has(name) || folder.folders.has(name)) throw new Error(`two nodes at ${node.path}`);
  folder.leaves.set(name, node);
}

function descend(root: Folder, names: readonly string[], path: string): Folder {
  let folder = root;
  for (const name of names) {
    if (folder.leaves.has(name)) throw new Error(`two nodes at a part of ${path}: ${name} is not a folder`);
    let next = folder.folders.get(name);
    if (next === undefined) folder.folders.set(name, (next = newFolder()));
    folder = next;
  }
  return folder;
}

function encodeFolder(folder: Folder, directories: Map<string, Uint8Array>): Digest {
  const leaves = [...folder.leaves.entries()].sort(([a], [b]) => compareUtf8(a, b));
  const folders = [...folder.folders].map(([name, child]) => ({
    name,
    digest: encodeFolder(child, directories),
  }));
  const subtrees = leaves.flatMap(([name, node]) =>
    node.kind === 'subtree' ? [{ name, digest: node.digest }] : [],
  );
  const bytes = Directory.encode({
    files: leaves.flatMap(([name, node]) =>
      node.kind === 'file'
        ? [{ name, digest: node.digest, isExecutable: node.executable, nodeProperties: node.properties }]
        : [],
    ),
    directories: [...folders, ...subtrees].sort((a, b) => compareUtf8(a.name, b.name)),
    symlinks: leaves.flatMap(([name, node]) =>
      node.kind === 'symlink' ? [{ name, target: node.target, nodeProperties: node.properties }] : [],
    ),
    nodeProperties: propertiesOf(folder),
  }).finish();
  const digest = digestOf(bytes);
  directories.set(digest.hash, bytes);
  return digest;
}

function propertiesOf({ readOnly, properties }: Folder): NodeProperties | undefined {
  if (readOnly === undefined) return properties;
  const others = (properties?.properties ?? []).filter(({ name }) => name !== READ_ONLY);
  return {
    mtime: undefined,
    unixMode: undefined,
    ...properties,
    properties: [...others, { name: READ_ONLY, value: String(readOnly) }].sort((a, b) =>
      compareUtf8(a.name, b.name),
    ),
  };
}
