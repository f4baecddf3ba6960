import { describe, expect, test } from '@jest/globals';
import { Directory } from '../../src/gen/build/bazel/remote/execution/v2/remote_execution.js';
import { digestOf, EMPTY_DIGEST } from '../../src/reapi/digest.js';
import { merkleTree, type MerkleTree, type TreeNode } from '../../src/reapi/merkle.js';
import { overlay, OverlayConflict, type OverlayNode } from '../../src/reapi/overlay.js';

const file = (path: string, content = path): Extract<TreeNode, { kind: 'file' }> => ({
  kind: 'file',
  path,
  digest: digestOf(Buffer.from(content)),
  executable: false,
});

const BASE = [
  file('etc/passwd'),
  file('etc/deep/er/file'),
  file('usr/bin/sh'),
  file('usr/lib/libc.so'),
  { kind: 'symlink', path: 'lib', target: 'usr/lib' },
  { kind: 'symlink', path: 'etc/resolv.conf', target: '../run/resolv.conf' },
] as const satisfies readonly TreeNode[];

/** The base with these nodes over it, and which of its folders were read for that. */
async function laid(...nodes: readonly OverlayNode[]): Promise<{ tree: MerkleTree; read: number }> {
  const base = merkleTree(BASE);
  let read = 0;
  const tree = await overlay(base.root, nodes, async ({ hash }) => {
    read++;
    return Directory.decode(base.directories.get(hash) ?? Buffer.from('?'));
  });
  return { tree, read };
}

function without(path: string): readonly TreeNode[] {
  return BASE.filter((node) => node.path !== path);
}

describe('nothing over a tree', () => {
  test('is the tree, of which only the root is read', async () => {
    const { tree, read } = await laid();
    expect(tree.root).toEqual(merkleTree(BASE).root);
    expect(read).toBe(1);
    expect(tree.directories.size).toBe(1);
  });
});

describe('what the tree does not have', () => {
  test.each<OverlayNode>([
    { ...file('new'), over: 'fill' },
    { ...file('etc/hosts'), over: 'fill' },
    { ...file('a/b/c'), over: 'mount' },
    { kind: 'directory', path: 'usr/share/x', over: 'mount' },
    { kind: 'symlink', path: 'bin', target: 'usr/bin', over: 'fill' },
    { kind: 'directory', path: 'usr', readOnly: true, over: 'replace' },
  ])('is added: %j', async ({ over: _over, ...node }) => {
    const { tree } = await laid({ ...node, over: _over });
    expect(tree.root).toEqual(merkleTree([...BASE, node]).root);
  });
});

describe('what the tree has', () => {
  test.each<OverlayNode>([
    { ...file('etc/passwd', 'ours'), over: 'fill' },
    { ...file('etc/passwd', 'ours'), over: 'mount' },
    { ...file('etc/resolv.conf'), over: 'fill' },
    { ...file('lib/x'), over: 'fill' },
    { kind: 'symlink', path: 'usr', target: 'elsewhere', over: 'fill' },
    { kind: 'directory', path: 'etc', over: 'replace' },
    { kind: 'directory', path: 'usr/bin', over: 'mount' },
  ])('stays for %j', async (node) => {
    expect((await laid(node)).tree.root).toEqual(merkleTree(BASE).root);
  });

  test.each<[OverlayNode, string]>([
    [{ ...file('etc/passwd', 'ours'), over: 'replace' }, 'etc/passwd'],
    [{ ...file('etc/resolv.conf'), over: 'replace' }, 'etc/resolv.conf'],
    [{ ...file('lib/x'), over: 'replace' }, 'lib'],
    [{ kind: 'directory', path: 'lib/x', over: 'replace' }, 'lib'],
  ])('makes room for %j', async ({ over: _over, ...node }, gone) => {
    const { tree } = await laid({ ...node, over: _over });
    expect(tree.root).toEqual(merkleTree([...without(gone), node]).root);
  });

  test('goes with all that was below it', async () => {
    const subtree = { kind: 'subtree', path: 'etc', digest: EMPTY_DIGEST } as const;
    const opened = { ...file('etc/deep/er/file'), over: 'fill' } as const;
    const { tree } = await laid(opened, { ...subtree, over: 'replace' });
    const kept = BASE.filter(({ path }) => !path.startsWith('etc/'));
    expect(tree.root).toEqual(merkleTree([...kept, subtree]).root);
  });

  test.each<[OverlayNode, string, string]>([
    [{ kind: 'directory', path: 'lib/x', over: 'mount' }, 'lib', 'symlink'],
    [{ ...file('etc'), over: 'mount' }, 'etc', 'directory'],
    [{ kind: 'directory', path: 'etc/passwd', over: 'mount' }, 'etc/passwd', 'file'],
  ])('is in the way of %j', async (node, path, kind) => {
    const refusal = await laid(node).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(OverlayConflict);
    expect(refusal).toMatchObject({ path, kind });
  });
});

test('properties of what is opened stay', async () => {
  const properties = { properties: [], mtime: { seconds: 5, nanos: 0 }, unixMode: undefined };
  const nodes = BASE.map((node): TreeNode => ({ ...node, properties }));
  const base = merkleTree([{ kind: 'directory', path: 'etc', properties }, ...nodes]);
  const tree = await overlay(base.root, [{ ...file('etc/hosts'), over: 'fill' }], async ({ hash }) =>
    Directory.decode(base.directories.get(hash) ?? Buffer.from('?')),
  );
  const all = [{ kind: 'directory', path: 'etc', properties } as const, ...nodes, file('etc/hosts')];
  expect(tree.root).toEqual(merkleTree(all).root);
});
