import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { sealResult } from '../../src/local/seals.js';
import { readStoredContents } from '../../src/local/stored-contents.js';
import {
  Action,
  ActionResult,
  Command,
  Directory,
  Tree,
} from '../../src/gen/build/bazel/remote/execution/v2/remote_execution.js';
import { digestOf, type Digest, EMPTY_DIGEST } from '../../src/reapi/digest.js';
import { StoredFolder } from './stored-folder.js';

let stored: StoredFolder;
const signal = new AbortController().signal;

beforeEach(() => {
  stored = new StoredFolder();
});

afterEach(() => stored[Symbol.dispose]());

const fileNode = (digest: Digest) => ({ name: 'f', digest, isExecutable: false, nodeProperties: undefined });

function tree(...files: readonly Digest[]): Digest {
  const child = Directory.fromPartial({ files: files.slice(1).map(fileNode) });
  const root = Directory.fromPartial({ files: files.slice(0, 1).map(fileNode) });
  return stored.blob(Tree.encode({ root, children: [child] }).finish());
}

async function onlyEntry() {
  const { entries } = await readStoredContents(stored.folder, signal);
  expect(entries).toHaveLength(1);
  const { blobs = [], complete = false, recipe = [], ...entry } = entries[0] ?? {};
  const hashes = (digests: readonly Digest[]) => digests.map(({ hash }) => hash).sort();
  return { ...entry, complete, blobs: hashes(blobs), recipe: hashes(recipe) };
}

const hashes = (...digests: readonly Digest[]) => digests.map(({ hash }) => hash).sort();
const ACTION = digestOf(Buffer.from('an action'));

describe('a result that is stored', () => {
  test('needs its files, its streams, its trees and what is in them, each once', async () => {
    const [a, b, c] = [stored.blob('a'), stored.blob('b'), stored.blob('c')];
    const [out, err] = [stored.blob('out'), stored.blob('err')];
    const trees = [tree(a, b), tree(b, EMPTY_DIGEST)];
    stored.result(
      ACTION,
      {
        outputFiles: [
          { path: 'c', digest: c },
          { path: 'c-again', digest: c },
          { path: 'empty', digest: EMPTY_DIGEST },
        ],
        outputDirectories: trees.map((treeDigest, index) => ({ path: `tree${index}`, treeDigest })),
        outputSymlinks: [{ path: 'link', target: 'c' }],
        stdoutDigest: out,
        stderrDigest: err,
      },
      Date.parse('2026-01-02'),
    );
    expect(await onlyEntry()).toMatchObject({
      hash: ACTION.hash,
      usedAt: Date.parse('2026-01-02'),
      complete: true,
      blobs: hashes(a, b, c, out, err, ...trees),
    });
  });

  test('may name its folders by their root directory instead', async () => {
    const file = stored.blob('file');
    const leaf = stored.blob(Directory.encode(Directory.fromPartial({ files: [fileNode(file)] })).finish());
    const root = stored.blob(
      Directory.encode(Directory.fromPartial({ directories: [{ name: 'd', digest: leaf }] })).finish(),
    );
    stored.result(ACTION, { outputDirectories: [{ path: 'd', rootDirectoryDigest: root }] });
    expect(await onlyEntry()).toMatchObject({ complete: true, blobs: hashes(file, leaf, root) });
    stored.remove(leaf);
    expect((await onlyEntry()).complete).toBe(false);
  });

  test('knows its Action and its Command as long as they are there', async () => {
    const command = stored.blob(Command.encode(Command.fromPartial({ arguments: ['true'] })).finish());
    const action = stored.blob(Action.encode(Action.fromPartial({ commandDigest: command })).finish());
    stored.result(action, {});
    expect((await onlyEntry()).recipe).toEqual(hashes(action, command));
    stored.remove(command);
    expect(await onlyEntry()).toMatchObject({ complete: true, recipe: hashes(action) });
    stored.remove(action);
    expect(await onlyEntry()).toMatchObject({ complete: true, recipe: [] });
  });

  test.each<[string, () => void]>([
    [
      'a file',
      () => stored.result(ACTION, { outputFiles: [{ path: 'x', digest: digestOf(Buffer.from('x')) }] }),
    ],
    [
      'the end of a file',
      () => {
        const { hash } = stored.blob('short');
        stored.result(ACTION, { stdoutDigest: { hash, sizeBytes: 6 } });
      },
    ],
    [
      'a file of a tree',
      () => stored.result(ACTION, { outputDirectories: [{ path: 'd', treeDigest: tree(ACTION) }] }),
    ],
    ['a tree', () => stored.result(ACTION, { outputDirectories: [{ path: 'd', treeDigest: ACTION }] })],
    [
      'a tree that is one',
      () =>
        stored.result(ACTION, {
          outputDirectories: [{ path: 'd', treeDigest: stored.blob('\xff\xff\xff') }],
        }),
    ],
    [
      'a sense',
      () =>
        stored.put(
          `actioncache/objects/${ACTION.hash.slice(0, 2)}/${ACTION.hash.slice(2)}`,
          Buffer.from([0xff]),
        ),
    ],
  ])('is incomplete where it lacks %s', async (_, make) => {
    make();
    expect((await onlyEntry()).complete).toBe(false);
  });
});

describe('a result that is stored is whose', () => {
  const result = ActionResult.fromPartial({ exitCode: 1 });
  const origin = { tier: 'trusted', repository: null, ref: 'refs/heads/main', event: null } as const;

  test('its seal says', async () => {
    stored.result(ACTION, result);
    await sealResult(stored.folder, ACTION, result, origin);
    expect(await onlyEntry()).toMatchObject({ origin, complete: true });
  });

  test('without a seal it is of another tool, and stays', async () => {
    stored.result(ACTION, result);
    expect(await onlyEntry()).toMatchObject({ origin: null, complete: true });
  });

  test('with a seal that is not its own it is damaged', async () => {
    stored.result(ACTION, result);
    await sealResult(stored.folder, ACTION, result, origin);
    stored.result(ACTION, {});
    expect(await onlyEntry()).toMatchObject({ origin: null, complete: false });
  });
});

describe('a folder', () => {
  test('that is not there holds nothing', async () => {
    expect(await readStoredContents(stored.folder, signal)).toEqual({ entries: [], blobs: new Map() });
  });

  test('holds what is named by a hash, and nothing else', async () => {
    const blob = stored.blob('x', Date.parse('2026-01-02'));
    stored.put('cas/objects/ab/not-a-hash', Buffer.from('y'));
    stored.put('cas/objects/disk_usage', Buffer.from('y'));
    symlinkSync('/etc/passwd', join(stored.folder.storage, 'cas/objects/ab', 'c'.repeat(62)));
    const { blobs } = await readStoredContents(stored.folder, signal);
    expect([...blobs.values()]).toMatchObject([
      { hash: blob.hash, size: 1, usedAt: Date.parse('2026-01-02') },
    ]);
  });

  test('is not read on after a cancel', async () => {
    stored.blob('x');
    await expect(readStoredContents(stored.folder, AbortSignal.abort(new Error('enough')))).rejects.toThrow(
      'enough',
    );
  });
});
