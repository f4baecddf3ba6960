import { createHash } from 'node:crypto';
import { readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type BlobSink, NOWHERE } from '../../../src/cas/blob-sink.js';
import type { Pack } from '../../../src/packs/index/cache-index.js';
import { DamagedPack } from '../../../src/packs/pack/damaged-pack.js';
import { FileSink } from '../../../src/cas/file-sink.js';
import { MemorySink } from '../../../src/cas/memory-sink.js';
import { nodeZstd } from '../../../src/zstd/node-zstd.js';
import { readPack } from '../../../src/packs/pack/pack-reader.js';
import { writePack } from '../../../src/packs/pack/pack-writer.js';
import { digestOf, type Digest } from '../../../src/reapi/digest.js';
import { digestsOf, input, mixed, never, packFolder } from '../pack-folder.js';
import { SAMPLE_CONTENT, SAMPLE_PACK } from '../zstd-sample.js';

let folder: Awaited<ReturnType<typeof packFolder>>;
beforeEach(async () => {
  folder = await packFolder();
});
afterEach(() => folder.remove());

const MIB = 1 << 20;

/** A file that claims to be a pack of these blobs, with the id that it has. */
async function packOf(file: Buffer, codec: Pack['codec'], blobs: readonly Digest[]): Promise<Pack> {
  await writeFile(folder.file('pack'), file);
  return { id: createHash('sha256').update(file).digest('hex'), key: 'k', bytes: file.length, codec, blobs };
}

function cut(content: Buffer, ...sizes: number[]): Buffer[] {
  let at = 0;
  return sizes.map((size) => content.subarray(at, (at += size)));
}

const hashesOf = (blobs: readonly Digest[]) => blobs.map(({ hash }) => hash);
const ways = [
  ['by our own decompressor', null],
  ...(nodeZstd === null ? [] : [["by Node's", nodeZstd] as const]),
] as const;

describe.each(ways)('a zstd pack that is read %s', (_, zstd) => {
  const blobs = cut(SAMPLE_CONTENT, 1, 0, 131_071, 5, 200_000, SAMPLE_CONTENT.length - 331_077);
  const digests = blobs.map(digestOf);
  const read = async (file: Buffer, some: readonly Digest[], wanted = some) => {
    const pack = await packOf(file, 'zstd', some);
    return digestsOf(folder.file('pack'), pack, hashesOf(wanted), ...(zstd === null ? [null] : []));
  };

  test('gives every blob', async () => {
    expect(await read(SAMPLE_PACK, digests)).toEqual(digests);
  });

  test.each([0, 1, 2, 3, 4, 5])('gives blob %d alone', async (i) => {
    expect(await read(SAMPLE_PACK, digests, digests.slice(i, i + 1))).toEqual([digests[i]]);
  });

  test('gives a large blob in pieces', async () => {
    const frame = Buffer.from('28b52ffd0058', 'hex');
    const repeated = (last: number) =>
      Buffer.from(
        [(131_072 << 3) & 0xff, (131_072 >> 5) & 0xff, 131_072 >> 13, 0x61].map((byte, i) =>
          i === 0 ? byte | 2 | last : byte,
        ),
      );
    const twoMebibytes = Buffer.concat([
      frame,
      ...Array.from({ length: 15 }, () => repeated(0)),
      repeated(1),
    ]);
    const content = Buffer.alloc(2 * MIB, 'a');
    expect(await read(twoMebibytes, [digestOf(content)])).toEqual([digestOf(content)]);
  });

  test.each([1, 5, 17])('gives a pack of %d bytes', async (bytes) => {
    const content = Buffer.alloc(bytes, 'xyz');
    const raw = Buffer.concat([
      Buffer.from('28b52ffd0058', 'hex'),
      Buffer.from([1 | (bytes << 3), 0, 0]),
      content,
    ]);
    expect(await read(raw, [digestOf(content)])).toEqual([digestOf(content)]);
    const singleSegment = Buffer.concat([
      Buffer.from('28b52ffd20', 'hex'),
      Buffer.from([bytes, 1 | (bytes << 3), 0, 0]),
      content,
    ]);
    expect(await read(singleSegment, [digestOf(content)])).toEqual([digestOf(content)]);
  });

  test.each<[string, Buffer]>([
    ['ends early', SAMPLE_PACK.subarray(0, -1)],
    ['goes on', Buffer.concat([SAMPLE_PACK, Buffer.from([0])])],
    ['has a second frame', Buffer.concat([SAMPLE_PACK, SAMPLE_PACK])],
    ['has a frame of notes behind it', Buffer.concat([SAMPLE_PACK, Buffer.from('502a4d1800000000', 'hex')])],
    ['has a frame of notes before it', Buffer.concat([Buffer.from('502a4d1800000000', 'hex'), SAMPLE_PACK])],
    ['is no frame', Buffer.from('<html>')],
    ['is empty', Buffer.alloc(0)],
    ['wants 4 GiB of memory', Buffer.from('28b52ffd00b0010000', 'hex')],
    ['wants as much by a single segment', Buffer.from('28b52ffda0ffffffff010000', 'hex')],
    ['wants a dictionary', Buffer.from('28b52ffd015801010000', 'hex')],
    ['has a block of a kind that there is not', Buffer.from('28b52ffd0058070000', 'hex')],
    ['has a block that is too large', Buffer.from('28b52ffd0058ffff3f', 'hex')],
    [
      'does not unfold',
      Buffer.concat([SAMPLE_PACK.subarray(0, 40), Buffer.alloc(60, 0xff), SAMPLE_PACK.subarray(100)]),
    ],
  ])('is damaged when its file %s', async (__, file) => {
    await expect(read(file, digests)).rejects.toThrow(DamagedPack);
  });

  test('is damaged when less is in it than its blobs', async () => {
    const more = [...digests, digestOf(Buffer.from('more'))];
    await expect(read(SAMPLE_PACK, more)).rejects.toThrow(/^the pack [0-9a-f]{64} is damaged: it holds less/);
    expect(await read(SAMPLE_PACK, more, digests)).toEqual(digests);
  });

  test('never gives more than its blobs have', async () => {
    let given = 0;
    const counting: BlobSink = {
      take: (_, blob) => void (given += blob.length),
      begin: () => Promise.reject(new Error('nothing is large here')),
    };
    const few = digests.slice(0, 3);
    const pack = await packOf(SAMPLE_PACK, 'zstd', few);
    await readPack(folder.file('pack'), pack, new Set(hashesOf(few)), counting, never, zstd);
    expect(given).toBe(131_072);
  });
});

test('our own decompressor reads what Node writes', async () => {
  const contents = [mixed(100), mixed(5 * MIB), mixed(300_000)];
  const written = await writePack(
    folder.file('pack'),
    contents.map((content) => input(content, 70_000)),
    never,
  );
  const pack = { ...written, key: 'k' };
  expect(await digestsOf(folder.file('pack'), pack, hashesOf(pack.blobs), null)).toEqual(pack.blobs);
});

describe('a pack', () => {
  const contents = [mixed(10), mixed(3 * MIB), mixed(500_000), mixed(20)];
  const [small, large, , last] = contents.map(digestOf) as [Digest, Digest, Digest, Digest];
  let pack: Pack;
  beforeEach(async () => {
    const inputs = contents.map((content) => input(content));
    pack = { ...(await writePack(folder.file('pack'), inputs, never)), key: 'k' };
  });

  const read = (want: readonly Digest[], sink: BlobSink, of = pack, signal = never) =>
    readPack(folder.file('pack'), of, new Set(hashesOf(want)), sink, signal);
  const sinkOf = (digest: Digest, ...modes: readonly number[]) =>
    new FileSink(modes.map((mode, i) => ({ digest, path: folder.file(`out-${i}`), mode })));
  const modeOf = async (name: string) => (await stat(folder.file(name))).mode & 0o777;

  test.each([
    ['small', small, 0],
    ['large', large, 1],
  ])('makes several files of one %s blob', async (_, digest, i) => {
    await read([digest], sinkOf(digest, 0o600, 0o700, 0o400));
    for (const name of ['out-0', 'out-1', 'out-2']) {
      expect((await readFile(folder.file(name))).equals(contents[i] ?? Buffer.alloc(0))).toBe(true);
    }
    expect([await modeOf('out-0'), await modeOf('out-1'), await modeOf('out-2')]).toEqual([
      0o600, 0o700, 0o400,
    ]);
  });

  test('leaves alone what is wanted and not in it', async () => {
    const sink = new MemorySink();
    await read([last, digestOf(Buffer.from('elsewhere'))], sink);
    expect([...sink.blobs]).toEqual([[last.hash, contents[3]]]);
  });

  test('takes out of what is wanted what has come, and nothing else', async () => {
    const elsewhere = 'e'.repeat(64);
    const want = new Set([small.hash, large.hash, elsewhere]);
    await readPack(folder.file('pack'), pack, want, NOWHERE, never);
    expect([...want]).toEqual([elsewhere]);
  });

  test('does not look at what is not wanted', async () => {
    const lies = pack.blobs.map((blob, i) => (i === 3 ? blob : { ...blob, hash: `${i}`.repeat(64) }));
    const sink = new MemorySink();
    await read([last], sink, { ...pack, blobs: lies });
    expect(sink.blobs.get(last.hash)).toEqual(contents[3]);
  });

  test.each<[string, (file: Buffer) => Buffer]>([
    ['flipped', (file) => Buffer.from(file.map((byte, i) => (i === 1_000_000 ? byte ^ 1 : byte)))],
    [
      'flipped at its end',
      (file) => Buffer.from(file.map((byte, i) => (i === file.length - 1 ? byte ^ 1 : byte))),
    ],
    ['cut short', (file) => file.subarray(0, -1)],
    ['empty', () => Buffer.alloc(0)],
    ['too long', (file) => Buffer.concat([file, Buffer.from('x')])],
    ['another', (file) => Buffer.alloc(file.length, 'z')],
  ])('that is %s gives nothing', async (_, damage) => {
    await writeFile(folder.file('pack'), damage(await readFile(folder.file('pack'))));
    const problem: unknown = await read([small], sinkOf(small, 0o644)).catch((error: unknown) => error);
    expect(problem).toBeInstanceOf(DamagedPack);
    expect(String(problem)).toMatch(/^DamagedPack: the pack [0-9a-f]{64} is damaged: .+$/);
    expect(await folder.names()).toEqual(['pack']);
  });

  test('whose index lies about a blob leaves nothing of it', async () => {
    const hash = 'f'.repeat(64);
    for (const [i, { sizeBytes }] of pack.blobs.entries()) {
      const blobs = pack.blobs.with(i, { hash, sizeBytes });
      const lie = { hash, sizeBytes };
      await expect(read([lie], sinkOf(lie, 0o644, 0o644), { ...pack, blobs })).rejects.toThrow(DamagedPack);
      expect(await folder.names()).toEqual(['pack']);
    }
  });

  test('that becomes shorter while it is read leaves nothing half-written', async () => {
    const reading = read([large], { take: () => undefined, begin: cutWhileItIsRead });
    await expect(reading).rejects.toThrow(DamagedPack);
    expect(await folder.names()).toEqual(['pack']);

    async function cutWhileItIsRead() {
      const writer = await sinkOf(large, 0o644).begin(large);
      await truncate(folder.file('pack'), 1_000);
      return writer;
    }
  });

  test('is left when a file cannot be written, and so is the blob', async () => {
    await writeFile(folder.file('out-1'), 'mine');
    for (const digest of [large, small]) {
      await expect(read([digest], sinkOf(digest, 0o644, 0o644))).rejects.toMatchObject({ code: 'EEXIST' });
      expect((await readFile(folder.file('out-1'))).toString()).toBe('mine');
    }
    expect(await folder.names()).toEqual(['out-0', 'out-1', 'pack']); // The small blob's first file is whole.
  });

  test('is left at once when it is aborted, and so is the blob', async () => {
    const abort = new AbortController();
    const sink = sinkOf(large, 0o644);
    const stopping: BlobSink = {
      take: () => undefined,
      begin: () => {
        abort.abort(new Error('enough'));
        return sink.begin(large);
      },
    };
    await expect(read([large], stopping, pack, abort.signal)).rejects.toThrow('enough');
    expect(await folder.names()).toEqual(['pack']);
  });

  test('that is not there is told as such', async () => {
    await expect(readPack(folder.file('none'), pack, new Set(), NOWHERE, never)).rejects.toMatchObject({
      code: 'ENOENT',
    });
  });
});
