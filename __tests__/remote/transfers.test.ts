import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { digestOf, EMPTY_DIGEST } from '../../src/reapi/digest.js';
import { blobInFile, blobInMemory } from '../../src/cas/blob-source.js';
import type { CasLimits } from '../../src/remote/cas-service.js';
import { type BlobFile, FileSink } from '../../src/cas/file-sink.js';
import { download } from '../../src/remote/transfer/download.js';
import { downloadBlobs } from '../../src/remote/transfer/download-to-memory.js';
import { findMissing } from '../../src/remote/transfer/find-missing.js';
import { TransferProgress } from '../../src/remote/transfer/progress.js';
import { uploadBlobs, uploadMissing } from '../../src/remote/transfer/upload.js';
import type { TransferState } from '../../src/report/run/transfer-words.js';
import { comeBackAfter, type Connected, connectTo, noise } from './connected.js';
import { FaultyProxy } from './faulty-proxy.js';
import { MapServer } from './map-server.js';

const signal = new AbortController().signal;
const MOST = 100_000_000;
let server: MapServer;
let folder: string;
let connections: Connected[];

beforeEach(async () => {
  server = new MapServer();
  await server.start();
  folder = mkdtempSync(join(tmpdir(), 'transfers-'));
  connections = [];
});

afterEach(() => {
  for (const connection of connections) connection.close();
  server.stop();
  rmSync(folder, { recursive: true });
});

function connect(limits: Partial<CasLimits> = {}, instance = '') {
  const connection = connectTo(server.address, limits, { instance });
  connections.push(connection);
  return connection.cas;
}

/** Progress whose clock makes every step worth telling. */
function followed() {
  let state: TransferState | undefined;
  let time = 0;
  const progress = new TransferProgress(
    (now) => (state = now),
    () => (time += 1000),
  );
  return { progress, last: () => state };
}

const inMemory = (bytes: Uint8Array) => blobInMemory(digestOf(bytes), bytes);
const blobsOf = (...sizes: number[]) => sizes.map((size, i) => noise(size, i + 1));

describe('upload', () => {
  test('sends what is missing, small blobs together and large ones as streams', async () => {
    const blobs = blobsOf(10, 20, 700_000, 3_000_000, 0);
    server.add(blobs[1] ?? '');
    const { progress, last } = followed();
    const report = await uploadMissing(connect(), blobs.map(inMemory), signal, progress);
    expect(report).toEqual({ blobs: 3, bytes: 3_700_010, refused: [] });
    const all = { blobs: 3, bytes: 3_700_010 };
    expect(last()).toMatchObject({ ...all, all: { ...all, known: true } });
    for (const blob of blobs.slice(0, 4))
      expect(server.blobs.get(digestOf(blob).hash)?.equals(blob)).toBe(true);
    expect(server.calls).toEqual({ FindMissingBlobs: 1, BatchUpdateBlobs: 1, Write: 2 });
    expect(server.received).toBe(3_700_010);
  });

  test('sends a blob that is there twice once', async () => {
    const [blob] = blobsOf(5000).map(inMemory);
    const report = await uploadMissing(
      connect(),
      [blob, blob].flatMap((each) => each ?? []),
      signal,
    );
    expect(report.blobs).toBe(1);
    expect(server.received).toBe(5000);
  });

  test('asks for many in several questions, and for none in none', async () => {
    const digests = Array.from({ length: 2500 }, (_, i) => digestOf(Buffer.from(String(i))));
    server.add('7');
    const missing = await findMissing(connect(), [...digests, EMPTY_DIGEST], signal);
    expect(missing.size).toBe(2499);
    expect(server.calls.FindMissingBlobs).toBe(4);
    await findMissing(connect(), [EMPTY_DIGEST], signal);
    expect(server.calls.FindMissingBlobs).toBe(4);
  });

  test('sends more before anything is taken, where asking has shown that the link is fast', async () => {
    const proxy = new FaultyProxy(server.address);
    await proxy.start();
    let release: () => void = () => undefined;
    const until = new Promise<void>((resolve) => (release = resolve));
    proxy.fault = (method, call) => {
      if (method !== 'BatchUpdateBlobs') return undefined;
      if (call === 3) release();
      return { kind: 'hold', until };
    };
    const connection = connectTo(proxy.address, { maxBatchBytes: 270_000 });
    connections.push(connection);
    try {
      const blobs = Array.from({ length: 10_000 }, (_, i) => Buffer.alloc(500, `${i} `));
      const { refused } = await uploadMissing(connection.cas, blobs.map(inMemory), signal);
      expect(refused).toEqual([]);
      expect(proxy.calls).toEqual({ FindMissingBlobs: 11, BatchUpdateBlobs: 30 }); // Each once.
    } finally {
      proxy.stop();
    }
  });

  test('keeps to the limits of the remote', async () => {
    const blobs = blobsOf(500, 900, 5000, 6000).map(inMemory);
    const report = await uploadMissing(connect({ maxBatchBytes: 1200, maxBlobBytes: 5500 }), blobs, signal);
    expect(report).toMatchObject({ blobs: 3, bytes: 6400 });
    expect(report.refused).toEqual([
      { digest: blobs[3]?.digest, reason: 'the remote takes blobs of at most 5500 bytes' },
    ]);
    expect(server.calls).toMatchObject({ BatchUpdateBlobs: 2, Write: 1 });
  });

  test('names the instance in calls and streams', async () => {
    const [blob] = blobsOf(800_000).map(inMemory);
    if (blob === undefined) throw new Error('no blob');
    await uploadBlobs(connect({}, 'main'), [blob], signal);
    expect(server.blobs.has(blob.digest.hash)).toBe(true);
  });

  test('sends again what one blob failed for, and only that', async () => {
    const blobs = blobsOf(1000, 2000, 3000).map(inMemory);
    const bad = blobs[1]?.digest.hash;
    server.refuseBlob = ({ hash }, call) => (hash === bad && call < 3 ? status.UNAVAILABLE : status.OK);
    const report = await uploadBlobs(connect(), blobs, signal);
    expect(report).toMatchObject({ blobs: 3, refused: [] });
    expect(server.received).toBe(6000 + 2000 + 2000);
  });

  test('tells which blob is refused, and goes on with the others', async () => {
    const blobs = blobsOf(1000, 2000, 600_000).map(inMemory);
    server.refuseBlob = ({ sizeBytes }) => (sizeBytes === 2000 ? status.INVALID_ARGUMENT : status.OK);
    const report = await uploadBlobs(connect(), blobs, signal);
    expect(report).toMatchObject({ blobs: 2, bytes: 601_000 });
    expect(report.refused).toHaveLength(1);
    expect(report.refused[0]).toMatchObject({ digest: blobs[1]?.digest });
    expect(report.refused[0]?.reason).toMatch(/INVALID_ARGUMENT/);
  });

  test.each([status.UNAUTHENTICATED, status.PERMISSION_DENIED])(
    'stops when the remote says to all of it that we may not (%d)',
    async (code) => {
      server.refuse = (method) =>
        method === 'FindMissingBlobs' ? undefined : { code, details: 'read only' };
      const blobs = blobsOf(...Array.from({ length: 40 }, () => 400_000)).map(inMemory);
      const cas = connect();
      await expect(uploadMissing(cas, blobs, signal)).rejects.toMatchObject({ code });
      expect(server.calls.BatchUpdateBlobs).toBeLessThan(40);
      expect(cas.guard).toMatchObject({ open: false });
    },
  );

  test('does not hammer a remote that is full', async () => {
    server.refuse = (method) =>
      method === 'BatchUpdateBlobs'
        ? { code: status.INTERNAL, details: 'OutOfSpaceException: quota' }
        : undefined;
    await expect(uploadMissing(connect(), blobsOf(1000).map(inMemory), signal)).rejects.toThrow(/OutOfSpace/);
    expect(server.calls.BatchUpdateBlobs).toBe(1);
  });

  test('comes back when the remote says so', async () => {
    server.refuse = (_, call) =>
      call === 1 ? { code: status.RESOURCE_EXHAUSTED, metadata: comeBackAfter(700) } : undefined;
    const cas = connect();
    const started = performance.now();
    await uploadMissing(cas, blobsOf(1000).map(inMemory), signal);
    expect(performance.now() - started).toBeGreaterThan(1350); // It is asked, and then written.
    expect(server.calls).toEqual({ FindMissingBlobs: 2, BatchUpdateBlobs: 2 });
    expect(connections[0]?.budget.lost.total).toBeGreaterThan(1350);
  });

  test('of a file that changed, or is gone, refuses that one', async () => {
    const paths = ['small', 'large', 'gone'].map((name) => join(folder, name));
    writeFileSync(paths[0] ?? '', 'longer than before');
    writeFileSync(paths[1] ?? '', noise(900_000));
    const sources = [
      blobInFile(digestOf(Buffer.from('before')), paths[0] ?? ''),
      blobInFile(digestOf(noise(800_000)), paths[1] ?? ''),
      blobInFile(digestOf(Buffer.from('gone')), paths[2] ?? ''),
      inMemory(noise(100, 9)),
    ];
    const report = await uploadBlobs(connect(), sources, signal);
    expect(report.blobs).toBe(1);
    expect(report.refused.map(({ reason }) => reason).sort()).toEqual([
      expect.stringContaining('ENOENT'),
      expect.stringMatching(/\/800000 was read from has another size by now/),
      expect.stringMatching(/\/6 was read from has another size by now/),
    ]);
    expect([...server.blobs.keys()]).toEqual([digestOf(noise(100, 9)).hash]);
  });

  test('starts a broken stream again, and takes an early end for an end', async () => {
    const path = join(folder, 'large');
    const bytes = noise(4_000_000, 5);
    writeFileSync(path, bytes);
    server.refuse = (method, call) =>
      method === 'Write' && call === 1 ? { code: status.UNAVAILABLE, details: 'restart' } : undefined;
    const source = blobInFile(digestOf(bytes), path);
    const { progress, last } = followed();
    expect(await uploadBlobs(connect(), [source], signal, progress)).toMatchObject({ blobs: 1 });
    expect(last()).toMatchObject({ blobs: 1, bytes: 4_000_000 });
    expect(server.blobs.get(source.digest.hash)?.equals(bytes)).toBe(true);
    expect(server.calls.Write).toBe(2);
    const before = server.received;
    expect(await uploadBlobs(connect(), [source], signal)).toMatchObject({ blobs: 1, refused: [] });
    expect(server.received).toBe(before);
  });
});

describe('download', () => {
  const fetchFiles = (files: readonly BlobFile[], progress = followed().progress) => {
    const sink = new FileSink(files);
    sink.makeEmpty();
    return download(connect(), sink.digests, sink, signal, progress);
  };

  test('to memory gives every blob, the empty one too', async () => {
    const blobs = blobsOf(10, 20_000, 300_000, 2_000_000, 0);
    const digests = blobs.map((blob) => server.add(blob));
    server.blobs.delete(EMPTY_DIGEST.hash);
    const found = await downloadBlobs(connect(), digests, MOST, signal);
    for (const blob of blobs) expect(found.get(digestOf(blob).hash)?.equals(blob)).toBe(true);
    expect(server.calls).toEqual({ BatchReadBlobs: 1, Read: 1 });
  });

  test('to memory is bounded before anything is read', async () => {
    const digest = server.add(noise(1000));
    await expect(downloadBlobs(connect(), [digest], 999, signal)).rejects.toThrow(
      /1000 bytes, more than 999/,
    );
    expect(server.calls).toEqual({});
  });

  test('to files reads each blob once, and keeps modes', async () => {
    const [small, large] = [server.add('small'), server.add(noise(2_000_000))];
    const files = [
      { digest: small, path: join(folder, 'a'), mode: 0o600 },
      { digest: small, path: join(folder, 'b'), mode: 0o700 },
      { digest: large, path: join(folder, 'c'), mode: 0o600 },
      { digest: large, path: join(folder, 'd'), mode: 0o700 },
      { digest: EMPTY_DIGEST, path: join(folder, 'e'), mode: 0o600 },
    ];
    const { progress, last } = followed();
    await fetchFiles(files, progress);
    for (const { digest, path, mode } of files) {
      expect(digestOf(readFileSync(path))).toEqual(digest);
      expect(statSync(path).mode & 0o777).toBe(mode);
    }
    expect(last()).toMatchObject({ blobs: 2, bytes: 2_000_005 });
    expect(last()).toMatchObject({ all: { blobs: 2, bytes: 2_000_005, known: true } });
    expect(server.calls).toEqual({ BatchReadBlobs: 1, Read: 1 });
  });

  test.each([10, 2_000_000])('of a missing blob of %d bytes says so', async (size) => {
    const digest = digestOf(noise(size));
    const fetch = fetchFiles([{ digest, path: join(folder, 'x'), mode: 0o600 }]);
    await expect(fetch).rejects.toMatchObject({ name: 'UnusableBlob', reason: 'missing', digest });
  });

  test.each([
    ['changed', (bytes: Buffer) => Buffer.concat([bytes.subarray(1), Buffer.of((bytes[0] ?? 0) ^ 1)])],
    ['cut short', (bytes: Buffer) => bytes.subarray(0, -1)],
    ['too long', (bytes: Buffer) => Buffer.concat([bytes, Buffer.of(0)])],
  ])('of a blob that is %s says so', async (_, falsify) => {
    server.falsify = (_digest, bytes) => falsify(bytes);
    for (const size of [10, 2_000_000]) {
      const digest = server.add(noise(size));
      const fetch = downloadBlobs(connect(), [digest], MOST, signal);
      await expect(fetch).rejects.toMatchObject({ name: 'UnusableBlob', reason: 'corrupt', digest });
    }
  });

  test('goes on where a stream broke', async () => {
    const bytes = noise(3_000_000);
    const digest = server.add(bytes);
    // The message of this refusal is how many bytes come before it.
    server.refuse = (method, call) =>
      method === 'Read' && call < 3 ? { code: status.UNAVAILABLE, message: '1000000' } : undefined;
    const found = await downloadBlobs(connect(), [digest], MOST, signal);
    expect(found.get(digest.hash)?.equals(bytes)).toBe(true);
    expect(server.sent).toBe(3_000_000);
    expect(server.calls.Read).toBe(3);
  });

  test('reads again what one blob failed for', async () => {
    const digests = blobsOf(10, 20).map((blob) => server.add(blob));
    server.refuseBlob = ({ sizeBytes }, call) =>
      sizeBytes === 20 && call < 2 ? status.UNAVAILABLE : status.OK;
    expect((await downloadBlobs(connect(), digests, MOST, signal)).size).toBe(2);
    expect(server.sent).toBe(10 + 20);
  });

  test('ends at once when it is aborted', async () => {
    const digests = blobsOf(...Array.from({ length: 30 }, () => 400_000)).map((blob) => server.add(blob));
    const abort = new AbortController();
    server.refuse = (_, call) => {
      if (call === 3) abort.abort(new Error('enough'));
      return undefined;
    };
    const fetch = downloadBlobs(connect(), digests, MOST, abort.signal);
    await expect(fetch).rejects.toThrow('enough');
    expect(server.calls.BatchReadBlobs).toBeLessThan(30);
  });
});
