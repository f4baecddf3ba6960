import { closeSync, openSync, readFileSync, statSync, truncateSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Tree } from '../../src/gen/build/bazel/remote/execution/v2/remote_execution.js';
import { digestOf, type Digest } from '../../src/reapi/digest.js';
import { merkleTree } from '../../src/reapi/merkle.js';
import { blobInMemory } from '../../src/cas/blob-source.js';
import { downloadBlobs } from '../../src/remote/transfer/download-to-memory.js';
import { fetchTree } from '../../src/remote/transfer/tree.js';
import { uploadMissing } from '../../src/remote/transfer/upload.js';
import { comeBackAfter, type Connected, connectTo, noise } from '../remote/connected.js';
import { type Fault, FaultyProxy } from '../remote/faulty-proxy.js';
import type { Bench } from './command-line.js';
import { expectCost, firstFile, RemoteServer, type Scene, took } from './remote-scene.js';

const signal = new AbortController().signal;
const server = new RemoteServer();
beforeAll(() => server.start());
afterAll(() => server.stop());

const inMemory = (blob: Uint8Array) => blobInMemory(digestOf(blob), blob);

describe('a transfer', () => {
  let seed = 1;
  /** A few small blobs and a large one, new at each call. */
  const someBlobs = () => [1000, 2000, 300_000, 3_000_000].map((size) => noise(size, ++seed));

  async function push({ cas }: Connected): Promise<void> {
    const { refused } = await uploadMissing(cas, someBlobs().map(inMemory), signal);
    if (refused[0] !== undefined) throw new Error(refused[0].reason);
  }

  /** A fetch of blobs that the remote has. */
  async function fetchOf(blobs: readonly Buffer[]) {
    const direct = connectTo(server.address);
    await uploadMissing(direct.cas, blobs.map(inMemory), signal);
    direct.close();
    return async ({ cas }: Connected) => {
      const found = await downloadBlobs(cas, blobs.map(digestOf), 10_000_000, signal);
      for (const blob of blobs) expect(found.get(digestOf(blob).hash)?.equals(blob)).toBe(true);
    };
  }

  const silent: Fault = { kind: 'silent' };
  const cut: Fault = { kind: 'cut' };
  const down: Fault = { kind: 'error', code: status.UNAVAILABLE, details: 'going down' };
  const full: Fault = { kind: 'error', code: status.RESOURCE_EXHAUSTED, metadata: comeBackAfter(1000) };

  test.concurrent.each<[string, string, Fault]>([
    ['silence in find-missing', 'FindMissingBlobs', silent],
    ['silence in an upload', 'BatchUpdateBlobs', silent],
    ['silence in a large upload', 'Write', silent],
    ['silence in a fetch', 'BatchReadBlobs', silent],
    ['silence in a large fetch', 'Read', silent],
    ['a large fetch that stops', 'Read', { kind: 'stop', after: 1 }],
    ['a large fetch that breaks', 'Read', { ...down, after: 1 }],
    ['a connection cut in find-missing', 'FindMissingBlobs', cut],
    ['a connection cut in an upload', 'BatchUpdateBlobs', cut],
    ['a connection cut in a large upload', 'Write', cut],
    ['a connection cut in a fetch', 'BatchReadBlobs', cut],
    ['a connection cut in a large fetch', 'Read', cut],
    ['a request to come back', 'BatchUpdateBlobs', full],
  ])('outlives %s', async (_, method, fault) => {
    const work = method.includes('Read') ? await fetchOf(someBlobs()) : push;
    const proxy = new FaultyProxy(server.address);
    await proxy.start();
    const connected = connectTo(proxy.address);
    proxy.fault = (name, call) => (name === method && call === 1 ? fault : undefined);
    try {
      await work(connected);
      expect(connected.cas.guard.open).toBe(false);
      expect(proxy.calls[method]).toBeGreaterThan(1);
    } finally {
      connected.close();
      proxy.stop();
    }
  });

  test.concurrent('of a deep tree takes one call', async () => {
    const proxy = new FaultyProxy(server.address);
    await proxy.start();
    const { cas, close } = connectTo(proxy.address);
    const paths = Array.from({ length: 26 }, (_, i) => `${'folder/'.repeat(i)}file`);
    const tree = merkleTree(
      paths.map((path) => ({ kind: 'file', path, digest: digestOf(Buffer.from(path)), executable: false })),
    );
    await uploadMissing(cas, [...tree.directories.values()].map(inMemory), signal);
    const fetched = await fetchTree(cas, tree.root, signal);
    expect(fetched.directories.size).toBe(26);
    expect(fetched.files).toHaveLength(26);
    expect(proxy.calls).toEqual({ FindMissingBlobs: 1, BatchUpdateBlobs: 1, GetTree: 1 });
    close();
    proxy.stop();
  });
});

/** Has the machine tell how much memory its next run had at most, in bytes. */
function measureMemory(machine: Bench): () => number {
  const file = join(machine.root, 'peak-memory');
  const script = pathToFileURL(resolve('__tests__/e2e/fixtures/peak-memory.js')).href;
  machine.environment = { NODE_OPTIONS: `--import ${script}`, PEAK_MEMORY_FILE: file };
  return () => Number(readFileSync(file, 'utf8'));
}

/** Another machine comes by outputs that would take too long to build. */
async function replaceOutputs(scene: Scene, outputs: { readonly single?: Digest; readonly out?: Digest }) {
  const { record } = await scene.build('--push-inputs', 'false');
  await scene.spoil(record, (result) => {
    took(3600)(result);
    if (outputs.single !== undefined) firstFile(result).digest = outputs.single;
    if (outputs.out !== undefined)
      for (const folder of result.outputDirectories) folder.treeDigest = outputs.out;
  });
}

const MOST_MEMORY = 200e6;
const GIBIBYTE = 2 ** 30;
const ZEROS: Digest = {
  hash: '49bc20df15e412a64472421e13fe86ff1c5165e18b2afccf160d4dc19fe68a14',
  sizeBytes: GIBIBYTE,
};

describe('much', () => {
  test.concurrent(
    '1 GiB goes up and down through little memory',
    server.scene(async (scene) => {
      // Without the proxy, through which it takes longer than all the rest.
      const flags = ['--remote', server.address, '--cache-quota', '20G'];
      const giver = scene.freshMachine();
      const big = join(giver.checkout, 'big');
      closeSync(openSync(big, 'w'));
      truncateSync(big, GIBIBYTE); // It takes no disk here.
      const given = measureMemory(giver);
      const built = await scene.buildOn(giver, ...flags);
      expect(built.record).toMatchObject({ result: 'built', remote: { status: 'ok' } });
      expect(built.record.remote.pushed?.bytes).toBeGreaterThan(GIBIBYTE);
      expect(given()).toBeLessThan(MOST_MEMORY);
      expectCost(built);

      await replaceOutputs(scene, { single: ZEROS });
      const taker = scene.freshMachine();
      const taken = measureMemory(taker);
      const hit = await scene.buildOn(taker, ...flags);
      expect(hit.record).toMatchObject({ hitFrom: 'remote', remote: { status: 'ok' } });
      expect(statSync(join(taker.checkout, 'single')).size).toBe(GIBIBYTE);
      expect(taken()).toBeLessThan(MOST_MEMORY);
      expectCost(hit);
    }),
  );

  test.concurrent(
    '50,000 blobs go up and down, and are known to be there, in a few calls',
    server.scene(async (scene) => {
      const blobs = Array.from({ length: 50_000 }, (_, i) => Buffer.from(`${scene.salt} ${i}`));
      const files = blobs.map((blob, i) => ({ name: String(i).padStart(5, '0'), digest: digestOf(blob) }));
      const tree = Buffer.from(Tree.encode(Tree.fromPartial({ root: { files } })).finish());
      const { calls, address } = scene.proxy;
      const { cas, budget, close } = connectTo(address);
      const { refused } = await uploadMissing(cas, [...blobs, tree].map(inMemory), signal);
      expect(refused).toEqual([]);
      expect(calls.FindMissingBlobs).toBeLessThanOrEqual(60);
      expect(calls.BatchUpdateBlobs).toBeLessThanOrEqual(60);
      const found = await downloadBlobs(cas, blobs.map(digestOf), 10_000_000, signal);
      expect(blobs.every((blob) => found.get(digestOf(blob).hash)?.equals(blob))).toBe(true);
      expect(calls.BatchReadBlobs).toBeLessThanOrEqual(60);
      expect(budget.left).toBeGreaterThan(0);
      close();

      await replaceOutputs(scene, { out: digestOf(tree) });
      const before = { ...calls };
      const hit = await scene.build('--download-outputs', 'false');
      expect(hit.record).toMatchObject({ hitFrom: 'remote', remote: { status: 'ok' } });
      expect((calls.FindMissingBlobs ?? 0) - (before.FindMissingBlobs ?? 0)).toBeLessThanOrEqual(60);
      expect((calls.BatchReadBlobs ?? 0) - (before.BatchReadBlobs ?? 0)).toBeLessThanOrEqual(2);
      expectCost(hit);
    }),
  );
});
