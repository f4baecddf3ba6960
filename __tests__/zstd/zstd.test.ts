import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { digestOf } from '../../src/reapi/digest.js';
import { blobInMemory } from '../../src/cas/blob-source.js';
import { downloadBlobs } from '../../src/remote/transfer/download-to-memory.js';
import { uploadBlobs } from '../../src/remote/transfer/upload.js';
import { BadCompression, decompressBlob, decompressStream } from '../../src/zstd/decompress.js';
import { FrameSplitter } from '../../src/zstd/frames.js';
import { type NodeZstd, nodeZstd } from '../../src/zstd/node-zstd.js';
import { type Connected, connectTo, noise } from '../remote/connected.js';
import { MapServer } from '../remote/map-server.js';

const signal = new AbortController().signal;
const MOST = 100_000_000;
const ZSTD = { zstdBatch: true, zstdStream: true };
/** Compresses well, but is not the same everywhere. */
const text = (bytes: number) =>
  Buffer.from(
    Array.from({ length: Math.ceil(bytes / 7) }, (_, i) => `line ${i % 7919} \n`).join(''),
  ).subarray(0, bytes);

/** A frame of one raw block as zstd writes it without a checksum's four bytes, and a skippable frame of three bytes. */
const FRAMES = {
  abc: Buffer.from('28b52ffd2403190000616263', 'hex'),
  skippable: Buffer.from('502a4d1803000000010203', 'hex'),
};

describe('frames', () => {
  const frame = Buffer.concat([FRAMES.abc, Buffer.alloc(4, 0xcc)]); // Its descriptor announces a checksum.
  const stream = Buffer.concat([frame, FRAMES.skippable, frame, frame]);
  const split = (pieces: readonly Buffer[]) => {
    const splitter = new FrameSplitter();
    const held: Uint8Array[] = [];
    const frames: Buffer[] = [];
    for (const piece of pieces) {
      for (const { bytes, ends } of splitter.split(piece)) {
        held.push(bytes);
        if (ends) frames.push(Buffer.concat(held.splice(0)));
      }
    }
    return { frames, complete: splitter.complete };
  };

  test.each([1, 2, 3, 5, 7, 16, 1000])('are found in pieces of %d bytes', (size) => {
    const pieces: Buffer[] = [];
    for (let start = 0; start < stream.length; start += size)
      pieces.push(stream.subarray(start, start + size));
    expect(split(pieces)).toEqual({ frames: [frame, frame, frame], complete: true });
  });

  test('that are cut short are noticed at every byte', () => {
    for (let cut = 1; cut < frame.length; cut++) expect(split([frame.subarray(0, cut)]).complete).toBe(false);
  });

  test('are not found in what is none', () => {
    expect(() => split([Buffer.from('not zstd at all')])).toThrow('no zstd frame begins with 0x20746f6e');
  });
});

/** Node has zstd from 22.15 on; the action runs on 24. */
const withZstd = nodeZstd === null ? describe.skip : describe;
const library = nodeZstd ?? ({} as NodeZstd);

withZstd('decompression', () => {
  const fold = (...blobs: Buffer[]) => Buffer.concat(blobs.map((blob) => library.zstdCompressSync(blob)));
  async function* inPieces(bytes: Buffer, size: number) {
    for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
  }
  const stream = async (bytes: Buffer, size = 1000) => {
    const pieces: Buffer[] = [];
    for await (const piece of decompressStream(library, inPieces(bytes, size))) pieces.push(piece);
    return Buffer.concat(pieces);
  };

  test('goes over all frames', async () => {
    const [a, b] = [text(300_000), noise(100_000)];
    const folded = Buffer.concat([fold(a), FRAMES.skippable, fold(Buffer.alloc(0)), fold(b)]);
    const whole = Buffer.concat([a, b]);
    expect(decompressBlob(library, folded, 400_000).equals(whole)).toBe(true);
    expect((await stream(folded)).equals(whole)).toBe(true);
    expect((await stream(folded, 10_000_000)).equals(whole)).toBe(true);
  });

  test('of what is cut short or garbled is an error', async () => {
    const folded = fold(noise(5000), text(5000));
    const garbled = Buffer.from(folded);
    garbled.fill(0xff, 5020, 5040);
    for (const bad of [folded.subarray(0, -3), garbled, Buffer.from('what?')]) {
      expect(() => decompressBlob(library, bad, 10_000)).toThrow(BadCompression);
      await expect(stream(bad)).rejects.toThrow(BadCompression);
    }
  });

  test('of a bomb stops at the size that was asked for', () => {
    const bomb = fold(Buffer.alloc(50_000_000), Buffer.alloc(50_000_000));
    expect(bomb.length).toBeLessThan(20_000);
    const before = process.memoryUsage().arrayBuffers;
    expect(() => decompressBlob(library, bomb, 1000)).toThrow(BadCompression);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000_000);
  });

  test('hands on what its source throws', async () => {
    async function* broken() {
      yield fold(text(100_000)).subarray(0, 100);
      throw new Error('line cut');
    }
    const read = async () => {
      for await (const _ of decompressStream(library, broken()));
    };
    await expect(read()).rejects.toThrow('line cut');
  });
});

withZstd('transfers', () => {
  let server: MapServer;
  let connection: Connected;

  beforeEach(async () => {
    server = new MapServer();
    await server.start();
    connection = connectTo(server.address, ZSTD);
  });

  afterEach(() => {
    connection.close();
    server.stop();
  });

  test('send compressed what is worth it', async () => {
    const blobs = [text(1000), text(100_000), noise(100_000), text(3_000_000)];
    const report = await uploadBlobs(
      connection.cas,
      blobs.map((blob) => blobInMemory(digestOf(blob), blob)),
      signal,
    );
    expect(report).toMatchObject({ blobs: 4, refused: [] });
    for (const blob of blobs) expect(server.blobs.get(digestOf(blob).hash)?.equals(blob)).toBe(true);
    expect(server.received).toBeGreaterThan(101_000);
    expect(server.received).toBeLessThan(600_000);
  });

  test('take an early end of a compressed stream for an end', async () => {
    const blob = text(3_000_000);
    server.add(blob);
    const report = await uploadBlobs(connection.cas, [blobInMemory(digestOf(blob), blob)], signal);
    expect(report).toMatchObject({ blobs: 1, refused: [] });
  });

  test('read compressed what is worth it, of many frames', async () => {
    server.frameBytes = 20_000;
    const blobs = [text(1000), text(100_000), text(3_000_000)];
    const digests = blobs.map((blob) => server.add(blob));
    const found = await downloadBlobs(connection.cas, digests, MOST, signal);
    for (const blob of blobs) expect(found.get(digestOf(blob).hash)?.equals(blob)).toBe(true);
    expect(server.sent).toBeLessThan(1_500_000);
  });

  test('go on where a compressed stream broke', async () => {
    server.frameBytes = 20_000;
    const bytes = noise(3_000_000);
    const digest = server.add(bytes);
    server.refuse = (method, call) =>
      method === 'Read' && call < 3 ? { code: 14, message: '1000000' } : undefined;
    expect(
      (await downloadBlobs(connection.cas, [digest], MOST, signal)).get(digest.hash)?.equals(bytes),
    ).toBe(true);
    expect(server.sent).toBeLessThan(3_200_000);
  });

  test('cut a bomb at the size of its blob', async () => {
    server.falsify = () => Buffer.alloc(200_000_000);
    for (const size of [100_000, 1_000_000]) {
      const digest = server.add(noise(size));
      const fetch = downloadBlobs(connection.cas, [digest], MOST, signal);
      await expect(fetch).rejects.toMatchObject({ name: 'UnusableBlob', reason: 'corrupt' });
    }
  });
});

test('a Node without zstd sends and asks for plain bytes', async () => {
  if (nodeZstd !== null) return;
  const server = new MapServer();
  await server.start();
  const { cas, close } = connectTo(server.address, ZSTD);
  const blobs = [text(100_000), text(3_000_000)];
  await uploadBlobs(
    cas,
    blobs.map((blob) => blobInMemory(digestOf(blob), blob)),
    signal,
  );
  expect(server.received).toBe(3_100_000);
  await downloadBlobs(cas, blobs.map(digestOf), MOST, signal);
  expect(server.sent).toBe(3_100_000);
  close();
  server.stop();
});
