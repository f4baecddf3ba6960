import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  ActionResult,
  Directory,
  Tree,
} from '../../../src/gen/build/bazel/remote/execution/v2/remote_execution.js';
import { digestOf, EMPTY_DIGEST } from '../../../src/reapi/digest.js';
import { merkleTree, type TreeNode } from '../../../src/reapi/merkle.js';
import { getActionResult, updateActionResult } from '../../../src/remote/action-cache.js';
import { namedBlobs } from '../../../src/cas/named-blobs.js';
import { missingOf } from '../../../src/remote/transfer/closure.js';
import { fetchTree } from '../../../src/remote/transfer/tree.js';
import { type Connected, connectTo } from '../connected.js';
import { MapServer } from '../map-server.js';

const signal = new AbortController().signal;
let server: MapServer;
let connection: Connected;

beforeEach(async () => {
  server = new MapServer();
  await server.start();
  connection = connectTo(server.address);
});

afterEach(() => {
  connection.close();
  server.stop();
});

/** A tree of 40 folders, some of them deep, on the server. */
function addTree() {
  const nodes = Array.from({ length: 40 }, (_, i): TreeNode => {
    const path = `${'deep/'.repeat(i % 8)}folder${i}/file`;
    return { kind: 'file', path, digest: server.add(`content ${i}`), executable: false };
  });
  const tree = merkleTree([...nodes, { kind: 'directory', path: 'empty' }]);
  for (const bytes of tree.directories.values()) server.add(bytes);
  return tree;
}

describe('a tree', () => {
  test.each([
    ['in one page', 1000, Infinity],
    ['in pages of one call', 3, Infinity],
    ['in pages of several calls', 5, 2],
  ])('comes %s', async (_, pageSize, pagesACall) => {
    Object.assign(server, { pageSize, pagesACall });
    const { root, directories } = addTree();
    const fetched = await fetchTree(connection.cas, root, signal);
    expect([...fetched.directories.keys()].sort()).toEqual([...directories.keys()].sort());
    expect(fetched.files).toHaveLength(40);
    expect(server.calls.BatchReadBlobs).toBeUndefined();
  });

  test('comes whole where the server leaves folders out', async () => {
    const { root, directories } = addTree();
    const hidden = [...directories.keys()].filter((_, i) => i % 5 === 0);
    server.hides = ({ hash }) => hidden.includes(hash);
    const fetched = await fetchTree(connection.cas, root, signal);
    expect(fetched.directories.size).toBe(directories.size);
    expect(server.calls.BatchReadBlobs).toBeGreaterThan(0);
  });

  test('comes whole where the server has no GetTree', async () => {
    server.refuse = (method) => (method === 'GetTree' ? { code: status.UNIMPLEMENTED } : undefined);
    const { root, directories } = addTree();
    expect((await fetchTree(connection.cas, root, signal)).directories.size).toBe(directories.size);
  });

  test('that is empty needs no server', async () => {
    const { directories, files } = await fetchTree(connection.cas, EMPTY_DIGEST, signal);
    expect([...directories.keys()]).toEqual([EMPTY_DIGEST.hash]);
    expect(files).toEqual([]);
  });

  test.each([
    ['in one call', undefined],
    ['by digest', { code: status.UNIMPLEMENTED }],
  ])('that is larger than any build makes is given up when it comes %s', async (_, refusal) => {
    server.refuse = (method) => (method === 'GetTree' ? refusal : undefined);
    server.pageSize = 1;
    const nodes = Array.from({ length: 20 }, (__, i): TreeNode => {
      const path = `folder${i}/${i}${'x'.repeat(3_500_000)}`;
      return { kind: 'file', path, digest: EMPTY_DIGEST, executable: false };
    });
    const tree = merkleTree(nodes);
    for (const bytes of tree.directories.values()) server.add(bytes);
    await expect(fetchTree(connection.cas, tree.root, signal)).rejects.toThrow(/more than 671\d{5}/);
  });

  test('with a folder that is nowhere is unusable', async () => {
    const { root, directories } = addTree();
    const lost = [...directories.keys()].find((hash) => hash !== root.hash) ?? '';
    server.blobs.delete(lost);
    await expect(fetchTree(connection.cas, root, signal)).rejects.toMatchObject({
      name: 'UnusableBlob',
      reason: 'missing',
      digest: { hash: lost },
    });
  });

  test('whose root is no Directory is unusable', async () => {
    const root = server.add(Buffer.from('ffffffff', 'hex'));
    server.refuse = (method) => (method === 'GetTree' ? { code: status.UNIMPLEMENTED } : undefined);
    await expect(fetchTree(connection.cas, root, signal)).rejects.toMatchObject({ reason: 'corrupt' });
  });

  test('with a page that belongs to another tree is put together without it', async () => {
    const { root } = addTree();
    server.hides = () => true;
    const fetched = await fetchTree(connection.cas, root, signal);
    expect(fetched.files).toHaveLength(40);
  });
});

describe('what a result names', () => {
  const file = (name: string, content: string) => ({
    name,
    digest: server.add(content),
    isExecutable: false,
    nodeProperties: undefined,
  });
  const addResult = () => {
    const child = Directory.fromPartial({ files: [file('inner', 'inner')] });
    const tree = Tree.encode({
      root: Directory.fromPartial({
        files: [file('outer', 'outer')],
        directories: [{ name: 'child', digest: digestOf(Directory.encode(child).finish()) }],
      }),
      children: [child],
    }).finish();
    return ActionResult.fromPartial({
      outputFiles: [
        { path: 'a', digest: server.add('a') },
        { path: 'e', digest: EMPTY_DIGEST },
      ],
      outputDirectories: [{ path: 'd', treeDigest: server.add(tree) }],
      stdoutDigest: server.add('said'),
      stderrDigest: EMPTY_DIGEST,
    });
  };

  test('is its files, trees and logs', () => {
    const { plain, trees, roots } = namedBlobs(addResult());
    expect(plain.map(({ sizeBytes }) => sizeBytes)).toEqual([1, 4]);
    expect([trees.length, roots.length]).toEqual([1, 0]);
  });

  test('is all there', async () => {
    expect(await missingOf(connection.cas, addResult(), undefined, signal)).toEqual([]);
  });

  test.each(['a', 'said', 'outer', 'inner'])('is not all there without %p', async (content) => {
    const result = addResult();
    const digest = digestOf(Buffer.from(content));
    server.blobs.delete(digest.hash);
    expect(await missingOf(connection.cas, result, undefined, signal)).toEqual([digest]);
  });

  test('is not all there without a tree', async () => {
    const result = addResult();
    server.blobs.delete(result.outputDirectories[0]?.treeDigest?.hash ?? '');
    await expect(missingOf(connection.cas, result, undefined, signal)).rejects.toMatchObject({
      reason: 'missing',
    });
  });

  test('is what a root directory has below it, too', async () => {
    const { root, directories } = addTree();
    const result = ActionResult.fromPartial({
      outputDirectories: [{ path: 'd', rootDirectoryDigest: root }],
    });
    expect(await missingOf(connection.cas, result, undefined, signal)).toEqual([]);
    expect(directories.size).toBeGreaterThan(1);
    server.blobs.delete(digestOf(Buffer.from('content 7')).hash);
    expect(await missingOf(connection.cas, result, undefined, signal)).toEqual([
      digestOf(Buffer.from('content 7')),
    ]);
  });
});

describe('for who has read the trees, what is missing of a result', () => {
  const inTree = digestOf(Buffer.from('in a tree'));

  /** One whose folder has two files, of which one is in its tree too. */
  const addResult = () => {
    server.add('in a tree');
    const files = ['in a tree', 'elsewhere'].map((content) => ({
      name: content,
      digest: server.add(content),
    }));
    const root = server.add(Directory.encode(Directory.fromPartial({ files })).finish());
    return ActionResult.fromPartial({
      outputFiles: [{ path: 'a', digest: server.add('a') }],
      outputDirectories: [{ path: 'd', rootDirectoryDigest: root }],
      stdoutDigest: server.add('said'),
    });
  };

  test('is asked for in one question', async () => {
    const { outputFiles, stdoutDigest } = addResult();
    const result = ActionResult.fromPartial({ outputFiles, stdoutDigest });
    expect(await missingOf(connection.cas, result, [inTree], signal)).toEqual([]);
    expect(server.calls).toEqual({ FindMissingBlobs: 1 });
  });

  test.each(['a', 'said', 'in a tree', 'elsewhere'])('is %p', async (content) => {
    const result = addResult();
    const digest = digestOf(Buffer.from(content));
    server.blobs.delete(digest.hash);
    expect(await missingOf(connection.cas, result, [inTree], signal)).toEqual([digest]);
  });

  test('may be a folder', async () => {
    const result = addResult();
    const root = result.outputDirectories[0]?.rootDirectoryDigest;
    server.blobs.delete(root?.hash ?? '');
    await expect(missingOf(connection.cas, result, [inTree], signal)).rejects.toMatchObject({ digest: root });
  });
});

describe('the action cache', () => {
  const action = digestOf(Buffer.from('action'));

  test('has no entry, and then the one that was written', async () => {
    expect(await getActionResult(connection.actionCache, action, signal)).toBeUndefined();
    const result = ActionResult.fromPartial({ exitCode: 7 });
    await updateActionResult(connection.actionCache, action, result, signal);
    expect(await getActionResult(connection.actionCache, action, signal)).toEqual(result);
  });

  test('that may not be written says so', async () => {
    server.refuse = () => ({ code: status.PERMISSION_DENIED, details: 'read only' });
    const update = updateActionResult(connection.actionCache, action, ActionResult.create(), signal);
    await expect(update).rejects.toMatchObject({ code: status.PERMISSION_DENIED });
  });
});
