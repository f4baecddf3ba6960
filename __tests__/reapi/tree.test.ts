import { describe, expect, test } from '@jest/globals';
import { Directory, Tree } from '../../src/gen/build/bazel/remote/execution/v2/remote_execution.js';
import { digestOf, EMPTY_DIGEST } from '../../src/reapi/digest.js';
import { treeNodes as nodesOf } from '../../src/reapi/tree.js';

const inner = Directory.fromPartial({ files: [{ name: 'x', digest: EMPTY_DIGEST, isExecutable: true }] });
const innerDigest = digestOf(Directory.encode(inner).finish());

const treeNodes = (tree: Tree, path: string) => nodesOf(Tree.encode(tree).finish(), path);

describe('treeNodes', () => {
  test('lists folders before what is in them', () => {
    const tree = Tree.fromPartial({
      root: {
        symlinks: [{ name: 'link', target: 'sub/x' }],
        directories: [{ name: 'sub', digest: innerDigest }],
      },
      children: [inner],
    });
    expect(treeNodes(tree, 'out')).toEqual([
      { kind: 'directory', path: 'out' },
      { kind: 'symlink', path: 'out/link', target: 'sub/x' },
      { kind: 'directory', path: 'out/sub' },
      { kind: 'file', path: 'out/sub/x', digest: EMPTY_DIGEST, executable: true },
    ]);
  });

  test.each(['..', '.', '', 'a/b', 'a\0b'])('refuses the name %j', (name) => {
    expect(
      treeNodes(Tree.fromPartial({ root: { files: [{ name, digest: EMPTY_DIGEST }] } }), 'out'),
    ).toBeUndefined();
    expect(
      treeNodes(Tree.fromPartial({ root: { symlinks: [{ name, target: 'x' }] } }), 'out'),
    ).toBeUndefined();
  });

  test('refuses one name twice', () => {
    const root = { files: [{ name: 'a', digest: EMPTY_DIGEST }], symlinks: [{ name: 'a', target: '/etc' }] };
    expect(treeNodes(Tree.fromPartial({ root }), 'out')).toBeUndefined();
  });

  test('refuses a folder that is not there, and no root', () => {
    const root = { directories: [{ name: 'sub', digest: innerDigest }] };
    expect(treeNodes(Tree.fromPartial({ root }), 'out')).toBeUndefined();
    expect(treeNodes(Tree.create(), 'out')).toBeUndefined();
  });

  test('refuses a small tree that unfolds to more than any build makes', () => {
    let child = inner;
    const children = [inner];
    for (let level = 0; level < 30; level++) {
      const digest = digestOf(Directory.encode(child).finish());
      child = Directory.fromPartial({
        directories: [
          { name: 'a', digest },
          { name: 'b', digest },
        ],
      });
      children.push(child);
    }
    expect(treeNodes({ root: child, children }, 'out')).toBeUndefined();
  });
});
