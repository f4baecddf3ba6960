import { writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { blobInFile, type BlobSource } from '../../../src/cas/blob-source.js';
import { nodeZstd } from '../../../src/zstd/node-zstd.js';
import { writePack } from '../../../src/packs/pack/pack-writer.js';
import { digestOf } from '../../../src/reapi/digest.js';
import { UnusableBlob } from '../../../src/reapi/unusable-blob.js';
import { digestsOf, input, mixed, never, packFolder } from '../pack-folder.js';

let folder: Awaited<ReturnType<typeof packFolder>>;
beforeEach(async () => {
  folder = await packFolder();
});
afterEach(() => folder.remove());

const MIB = 1 << 20;
const ways = [['as it is', null], ...(nodeZstd === null ? [] : [['compressed', nodeZstd] as const])] as const;

describe.each(ways)('a pack that is written %s', (_, zstd) => {
  test('gives every blob back', async () => {
    const contents = [
      mixed(3),
      mixed(0),
      mixed(70_000),
      mixed(3 * MIB),
      mixed(5),
      mixed(MIB),
      mixed(MIB + 1),
    ];
    const inputs = contents.map((content, i) => input(content, i % 3 === 0 ? 50_000 : undefined));
    const written = await writePack(folder.file('pack'), inputs, never, zstd);
    expect(written.codec).toBe(zstd === null ? 'none' : 'zstd');
    expect(written.blobs).toEqual(contents.map(digestOf));
    const hashes = written.blobs.map(({ hash }) => hash);
    expect(await digestsOf(folder.file('pack'), { ...written, key: 'k' }, hashes)).toEqual(written.blobs);
  });

  test('may hold nothing', async () => {
    const written = await writePack(folder.file('pack'), [], never, zstd);
    expect(written.blobs).toEqual([]);
    expect(await digestsOf(folder.file('pack'), { ...written, key: 'k' }, ['0'])).toEqual([undefined]);
  });

  test('takes blobs from files', async () => {
    const contents = [Buffer.alloc(0), mixed(1), mixed(MIB), mixed(2 * MIB)];
    for (const [i, content] of contents.entries()) await writeFile(folder.file(`${i}`), content);
    const inputs = contents.map((content, i) => blobInFile(digestOf(content), folder.file(`${i}`)));
    const written = await writePack(folder.file('pack'), inputs, never, zstd);
    expect(written.blobs).toEqual(contents.map(digestOf));
    const hashes = written.blobs.map(({ hash }) => hash);
    expect(await digestsOf(folder.file('pack'), { ...written, key: 'k' }, hashes)).toEqual(written.blobs);
  });

  describe('is not there', () => {
    const good = input(mixed(2 * MIB), 100_000);
    const refusal = async (bad: BlobSource) => {
      const error: unknown = await writePack(folder.file('pack'), [good, bad, good], never, zstd).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(await folder.names()).toEqual(expect.not.arrayContaining(['pack']));
      return error instanceof UnusableBlob ? [error.digest, error.reason] : error;
    };

    test.each([10, 2 * MIB])('when a blob of %d bytes is missing', async (bytes) => {
      const digest = digestOf(mixed(bytes));
      expect(await refusal(blobInFile(digest, folder.file('none')))).toEqual([digest, 'missing']);
    });

    test.each<[string, number, (content: Buffer) => Buffer]>([
      [
        'small and flipped',
        10,
        (content) => Buffer.from(content.map((byte, i) => (i === 5 ? byte ^ 1 : byte))),
      ],
      ['large and flipped', 2 * MIB, (content) => Buffer.from(content).fill(7, 0, 1)],
      ['small and cut short', 10, (content) => content.subarray(1)],
      ['large and cut short', 2 * MIB, (content) => content.subarray(0, -1)],
      ['small and too long', 10, (content) => Buffer.concat([content, Buffer.alloc(1)])],
      ['large and too long', 2 * MIB, (content) => Buffer.concat([content, Buffer.alloc(100_000)])],
      ['empty', 10, () => Buffer.alloc(0)],
    ])('when one is %s', async (__, bytes, damage) => {
      const content = mixed(bytes);
      const digest = digestOf(content);
      await writeFile(folder.file('blob'), damage(content));
      expect(await refusal(blobInFile(digest, folder.file('blob')))).toEqual([digest, 'corrupt']);
      expect(await refusal({ ...input(damage(content)), digest })).toEqual([digest, 'corrupt']);
    });

    test('when reading fails in another way', async () => {
      const failure = new Error('the disk is on fire');
      const readInto = () => {
        throw failure;
      };
      expect(await refusal({ ...input(mixed(10)), readInto })).toBe(failure);
      expect(await refusal(blobInFile(digestOf(mixed(10)), folder.path))).toMatchObject({ code: 'EISDIR' });
    });

    test('when it is aborted, and what was being read is closed', async () => {
      const abort = new AbortController();
      const reason = new Error('enough');
      let closed = false;
      async function* endless() {
        try {
          for (let i = 0; ; i++) {
            if (i === 50) abort.abort(reason);
            yield Buffer.alloc(100_000, i);
          }
        } finally {
          closed = true;
        }
      }
      const blob = { ...good, digest: { hash: '0'.repeat(64), sizeBytes: 2 ** 50 }, open: endless };
      await expect(writePack(folder.file('pack'), [blob], abort.signal, zstd)).rejects.toBe(reason);
      expect(closed).toBe(true);
      expect(await folder.names()).toEqual([]);
    });

    test('when it was aborted before', async () => {
      const signal = AbortSignal.abort(new Error('before'));
      await expect(writePack(folder.file('pack'), [good], signal, zstd)).rejects.toThrow('before');
      expect(await folder.names()).toEqual([]);
    });
  });
});

test('leaves alone what is there already', async () => {
  await writeFile(folder.file('pack'), 'mine');
  await expect(writePack(folder.file('pack'), [], never)).rejects.toMatchObject({ code: 'EEXIST' });
  expect(await folder.names()).toEqual(['pack']);
});

test('takes a hundred thousand small blobs', async () => {
  const inputs = Array.from({ length: 100_000 }, (_, i) => input(Buffer.from(`blob ${i}`)));
  const written = await writePack(folder.file('pack'), inputs, never);
  const hashes = written.blobs.map(({ hash }) => hash);
  const read = await digestsOf(folder.file('pack'), { ...written, key: 'k' }, hashes);
  expect(read.every((digest, i) => digest?.hash === inputs[i]?.digest.hash)).toBe(true);
});
