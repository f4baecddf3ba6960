import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { MemorySink } from '../../src/cas/memory-sink.js';
import { readBlob, readFiles } from '../../src/cas/read.js';
import type { Store } from '../../src/cas/store.js';
import { ActionResult } from '../../src/gen/build/bazel/remote/execution/v2/remote_execution.js';
import { digestOf, EMPTY_DIGEST, type Digest } from '../../src/reapi/digest.js';
import { type Contents, type Shelf, SHELVES } from './shelves.js';

const signal = new AbortController().signal;
const small = Buffer.from('a small one');
const large = randomBytes(5_000_000);
const many = Array.from({ length: 300 }, (_, i) => Buffer.from(`one of many, ${i}`));
const gone = digestOf(Buffer.from('nobody has this'));
const action = digestOf(Buffer.from('an action'));
const result = ActionResult.fromPartial({
  outputFiles: [
    { path: 'small', digest: digestOf(small) },
    { path: 'large', digest: digestOf(large) },
  ],
  exitCode: 7,
});

describe.each(Object.entries(SHELVES))('the %s store', (_, makeShelf) => {
  let shelf: Shelf | undefined;
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'store-contract-'));
  });
  afterEach(async () => {
    await shelf?.dispose();
    shelf = undefined;
    rmSync(folder, { recursive: true });
  });

  const holding = async (contents: Partial<Contents> = {}): Promise<Store> => {
    shelf = await makeShelf({ action, result, blobs: [small, large, ...many], lies: new Map(), ...contents });
    return shelf.store;
  };
  const file = (name: string, digest: Digest, mode = 0o644) => ({ digest, mode, path: join(folder, name) });
  const caught = async (work: Promise<unknown>) => {
    await expect(work).rejects.toMatchObject({ name: 'UnusableBlob' });
  };

  test('has the entry of an action that it knows, and none of another', async () => {
    const store = await holding();
    expect((await store.entry(action, signal))?.result).toEqual(result);
    expect(await store.entry(gone, signal)).toBeUndefined();
  });

  test('reads blobs of any size, each once', async () => {
    const store = await holding();
    const sink = new MemorySink();
    await store.read([small, large, ...many].map(digestOf), sink, signal);
    expect(sink.blobs.size).toBe(302);
    for (const [hash, blob] of sink.blobs) {
      expect(createHash('sha256').update(blob).digest('hex')).toBe(hash);
    }
    expect((await readBlob(store, EMPTY_DIGEST, signal)).length).toBe(0);
  });

  test('makes files of them, as many as are wanted of each, with their modes', async () => {
    const store = await holding();
    const files = [small, large].flatMap((content, i) => [
      file(`${i}-a`, digestOf(content)),
      file(`${i}-b`, digestOf(content), 0o755),
    ]);
    await readFiles(store, [...files, file('empty', EMPTY_DIGEST)], signal);
    expect(readFileSync(join(folder, '0-b')).equals(small)).toBe(true);
    expect(readFileSync(join(folder, '1-b')).equals(large)).toBe(true);
    expect(statSync(join(folder, '1-b')).mode & 0o111).not.toBe(0);
    expect(statSync(join(folder, '1-a')).mode & 0o111).toBe(0);
    expect(statSync(join(folder, 'empty')).size).toBe(0);
  });

  test('says that one is missing, and which', async () => {
    const store = await holding();
    const missing = { name: 'UnusableBlob', reason: 'missing', digest: gone };
    await expect(store.read([digestOf(small), gone], new MemorySink(), signal)).rejects.toMatchObject(
      missing,
    );
    await expect(store.checkComplete(result, [digestOf(small), gone], signal)).rejects.toMatchObject(missing);
    await store.checkComplete(result, [digestOf(small), digestOf(large)], signal);
  });

  test.each([
    ['small', small],
    ['large', large],
  ])('gives nothing of a %s one that is not what its digest says', async (__, content) => {
    const lie = Buffer.from(content);
    lie[content.length - 1] = (lie.at(-1) ?? 0) ^ 1;
    const digest = digestOf(content);
    const store = await holding({ lies: new Map([[digest.hash, lie]]) });
    await caught(readFiles(store, [file('a', digest), file('b', digest)], signal));
    expect(readdirSync(folder)).toEqual([]);
    await caught(readBlob(store, digest, signal));
    await store.discard(digest);
    await caught(readBlob(store, digest, signal));
  });

  test('is left when the reader has had enough', async () => {
    const store = await holding();
    const enough = AbortSignal.abort(new Error('enough'));
    await expect(store.read([digestOf(large)], new MemorySink(), enough)).rejects.toThrow('enough');
  });

  test('is not asked for what no memory should hold', async () => {
    const store = await holding();
    const huge = { ...gone, sizeBytes: 1e12 };
    await expect(readBlob(store, huge, signal)).rejects.toMatchObject({ name: 'UnusableResult' });
  });
});
