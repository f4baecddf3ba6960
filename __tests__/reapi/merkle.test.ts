import { describe, expect, test } from '@jest/globals';
import { Directory } from '../../src/gen/build/bazel/remote/execution/v2/remote_execution.js';
import { digestOf, EMPTY_DIGEST } from '../../src/reapi/digest.js';
import { merkleTree, type TreeNode } from '../../src/reapi/merkle.js';

const file = (path: string, executable = false): TreeNode => ({
  kind: 'file',
  path,
  digest: digestOf(Buffer.from(path)),
  executable,
});

function decodeRoot(nodes: readonly TreeNode[]): Directory {
  const { root, directories } = merkleTree(nodes);
  return Directory.decode(directories.get(root.hash) ?? Buffer.alloc(0));
}

describe('merkleTree', () => {
  test('no node is the empty Directory, whose digest is that of no bytes', () => {
    expect(merkleTree([]).root).toEqual(EMPTY_DIGEST);
  });

  test('one file is encoded to the byte as REAPI says, its false default left out', () => {
    const { root, directories } = merkleTree([
      { kind: 'file', path: 'a', digest: EMPTY_DIGEST, executable: false },
    ]);
    const hash = Buffer.from(EMPTY_DIGEST.hash);
    const digest = Buffer.concat([Buffer.from([0x0a, 64]), hash]);
    const node = Buffer.concat([
      Buffer.from([0x0a, 1]),
      Buffer.from('a'),
      Buffer.from([0x12, digest.length]),
      digest,
    ]);
    expect(Buffer.from(directories.get(root.hash) ?? [])).toEqual(
      Buffer.concat([Buffer.from([0x0a, node.length]), node]),
    );
  });

  test('children are sorted by their UTF-8 bytes, in whatever order they came', () => {
    const names = ['b', '\u{1f600}', 'Z', '\uffff', 'a'];
    const sorted = [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    expect(decodeRoot(names.map((name) => file(name))).files.map(({ name }) => name)).toEqual(sorted);
    expect(decodeRoot(names.map((name) => file(`${name}/x`))).directories.map(({ name }) => name)).toEqual(
      sorted,
    );
  });

  test('the order of the nodes does not matter, their content does', () => {
    const nodes = [file('src/a.c'), file('Makefile'), file('run.sh', true)];
    expect(merkleTree([...nodes].reverse()).root).toEqual(merkleTree(nodes).root);
    expect(merkleTree([file('src/a.c'), file('Makefile'), file('run.sh')]).root).not.toEqual(
      merkleTree(nodes).root,
    );
  });

  test('read-only is a property of the folder it is said of, and false is said too', () => {
    const { root, directories } = merkleTree([
      { kind: 'directory', path: '', readOnly: true },
      { kind: 'directory', path: 'workspace', readOnly: false },
      { kind: 'directory', path: 'usr' },
    ]);
    const decode = (hash: string | undefined) =>
      Directory.decode(directories.get(hash ?? '') ?? Buffer.alloc(0));
    const top = decode(root.hash);
    const property = (value: string) => [{ name: 'SubtreeReadOnly', value }];
    expect(top.nodeProperties?.properties).toEqual(property('true'));
    expect(
      top.directories.map(({ name, digest }) => [name, decode(digest?.hash).nodeProperties?.properties]),
    ).toEqual([
      ['usr', undefined],
      ['workspace', property('false')],
    ]);
  });

  test('symlinks keep their targets as they are', () => {
    expect(decodeRoot([{ kind: 'symlink', path: 'bin', target: 'usr/bin' }]).symlinks).toMatchObject([
      { name: 'bin', target: 'usr/bin' },
    ]);
  });

  test.each([
    ['two files', [file('a'), file('a')]],
    ['a file where a folder is', [file('a/b'), file('a')]],
    ['a folder where a file is', [file('a'), file('a/b')]],
  ])('refuses %s at one path', (_, nodes) => {
    expect(() => merkleTree(nodes)).toThrow('two nodes');
  });
});
