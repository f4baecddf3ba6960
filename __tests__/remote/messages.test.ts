import { describe, expect, test } from '@jest/globals';
import {
  BatchReadBlobsResponse,
  BatchUpdateBlobsRequest,
  BatchUpdateBlobsResponse,
  Compressor_Value,
  FindMissingBlobsResponse,
} from '../../src/gen/build/bazel/remote/execution/v2/remote_execution.js';
import { ReadResponse, WriteRequest } from '../../src/gen/google/bytestream/bytestream.js';
import { digestOf } from '../../src/reapi/digest.js';
import { blobsIn, missingIn, outcomesIn } from '../../src/remote/transfer/answers.js';
import { dataIn, encodeWrite } from '../../src/remote/transfer/stream-messages.js';
import { layOutUpdate } from '../../src/remote/transfer/update-message.js';
import { noise } from './connected.js';

const digest = (seed: number) => digestOf(noise(100 * seed, seed));
const [a, b, c] = [digest(1), digest(2), digest(3)];

/** What each way of writing numbers is tried with: the last and the first length of one, two and three bytes. */
const SIZES = [0, 1, 40, 127, 128, 16_255, 16_383, 16_384, 2_097_151, 2_097_152];

describe('the message that stores blobs', () => {
  const fill = (instance: string, blobs: readonly Buffer[], compressor: Compressor_Value) => {
    const toStore = blobs.map((blob) => ({ digest: digestOf(blob), compressor, length: blob.length }));
    const { places, finish } = layOutUpdate(instance, toStore, (bytes) => Buffer.alloc(bytes, 0xee));
    // What is too long by a byte writes over the beginning of the next, until that is finished.
    blobs.forEach((blob, i) => places[i]?.set(Buffer.concat([blob, Buffer.of(0xdd)])));
    return BatchUpdateBlobsRequest.decode(finish());
  };

  test.each(['', 'main', 'ünïcode/instance', 'x'.repeat(200)])('is what others read, at %j', (instance) => {
    const blobs = SIZES.map((size, i) => noise(size, i + 1));
    for (const compressor of [Compressor_Value.IDENTITY, Compressor_Value.ZSTD]) {
      const { instanceName, requests } = fill(instance, blobs, compressor);
      expect(instanceName).toBe(instance);
      expect(requests.map(({ digest: of, compressor: by }) => ({ digest: of, compressor: by }))).toEqual(
        blobs.map((blob) => ({ digest: digestOf(blob), compressor })),
      );
      expect(requests.every(({ data }, i) => blobs[i]?.equals(data))).toBe(true);
    }
  });

  test('may be of none', () => {
    expect(fill('', [], Compressor_Value.IDENTITY).requests).toEqual([]);
  });
});

test.each(SIZES)('a piece of %d bytes that is written is what others read', (size) => {
  const data = noise(size);
  for (const finishWrite of [true, false]) {
    for (const writeOffset of [0, 300, 2 ** 40]) {
      const piece = { resourceName: 'uploads/ü', writeOffset, finishWrite, data };
      const read = WriteRequest.decode(encodeWrite(piece));
      expect({ ...read, data: undefined }).toEqual({ ...piece, data: undefined });
      expect(read.data.equals(data)).toBe(true);
    }
  }
});

describe('an answer', () => {
  test('with what is missing', () => {
    const message = FindMissingBlobsResponse.encode({ missingBlobDigests: [a, c] }).finish();
    expect([...missingIn(Buffer.from(message))]).toEqual([a.hash, c.hash]);
    expect(missingIn(Buffer.alloc(0)).size).toBe(0);
  });

  test('with what became of stored blobs', () => {
    const failed = { code: 3, message: 'bad', details: [] };
    const message = BatchUpdateBlobsResponse.encode({
      responses: [
        { digest: a, status: undefined },
        { digest: b, status: { code: 0, message: 'OK', details: [] } },
        { digest: c, status: failed },
      ],
    }).finish();
    expect([...outcomesIn(Buffer.from(message))]).toEqual([
      [a.hash, undefined],
      [b.hash, undefined],
      [c.hash, failed],
    ]);
  });

  test('with blobs', () => {
    const gone = { code: 5, message: '', details: [] };
    const IDENTITY = Compressor_Value.IDENTITY;
    const message = Buffer.from(
      BatchReadBlobsResponse.encode({
        responses: [
          { digest: a, data: noise(100), compressor: IDENTITY, status: undefined },
          { digest: b, data: noise(200), compressor: Compressor_Value.ZSTD, status: { ...gone, code: 0 } },
          { digest: c, data: Buffer.alloc(0), compressor: IDENTITY, status: gone },
        ],
      }).finish(),
    );
    const found = blobsIn(message);
    expect([...found.values()]).toEqual([
      { data: noise(100), compressor: IDENTITY, status: undefined },
      { data: noise(200), compressor: Compressor_Value.ZSTD, status: undefined },
      { data: Buffer.alloc(0), compressor: IDENTITY, status: gone },
    ]);
    expect([...found.keys()]).toEqual([a.hash, b.hash, c.hash]);
    expect([...found.values()][0]?.data.buffer).toBe(message.buffer);
  });

  test('with a piece of a blob', () => {
    for (const size of SIZES) {
      const data = dataIn(Buffer.from(ReadResponse.encode({ data: noise(size) }).finish()));
      expect(data.equals(noise(size))).toBe(true);
    }
  });
});
