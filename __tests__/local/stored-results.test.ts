import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { cacheFolder, type CacheFolder } from '../../src/local/folder.js';
import { objectPath, resultPath } from '../../src/local/layout.js';
import { sealPath, sealResult, sweepSeals } from '../../src/local/seals.js';
import { confirmStored, readStoredBlob, readStoredResult } from '../../src/local/stored-results.js';
import { ActionResult } from '../../src/gen/build/bazel/remote/execution/v2/remote_execution.js';
import { digestOf, type Digest } from '../../src/reapi/digest.js';

let folder: CacheFolder;

beforeEach(() => {
  folder = cacheFolder(mkdtempSync(join(tmpdir(), 'stored-')));
});

afterEach(() => rmSync(folder.root, { recursive: true }));

function put(path: string, bytes: Uint8Array): string {
  const file = join(folder.storage, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, bytes);
  utimesSync(file, 1000, 1000);
  return file;
}

function store(content: string | Buffer): Digest {
  const blob = Buffer.from(content);
  put(objectPath(digestOf(blob)), blob);
  return digestOf(blob);
}

describe('results of the local cache', () => {
  const digest = digestOf(Buffer.from('an action'));
  const result = ActionResult.fromPartial({ exitCode: 3, stdoutDigest: digest });
  const entry = Buffer.from(ActionResult.encode(result).finish());
  const origin = {
    tier: 'untrusted',
    repository: 'octo/project',
    ref: 'refs/heads/a#b',
    event: 'x',
  } as const;
  const seal = () => sealResult(folder, digest, result, origin);

  test('are read without a daemon, with what they were built under, and marked as used', async () => {
    const file = put(resultPath(digest), entry);
    await seal();
    expect(await readStoredResult(folder, digest)).toEqual({ result, origin });
    expect(statSync(file).mtimeMs).toBeGreaterThan(Date.now() - 60_000);
    expect(readdirSync(dirname(sealPath(folder, digest)))).toHaveLength(1);
  });

  test('are none where there is none, or none that is sealed', async () => {
    expect(await readStoredResult(folder, digest)).toBeUndefined();
    put(resultPath(digest), entry);
    expect(await readStoredResult(folder, digest)).toBeUndefined();
  });

  test('are none where any bit of them or of their seal was changed', async () => {
    put(resultPath(digest), entry);
    await seal();
    const sealed = readFileSync(sealPath(folder, digest));
    for (const whole of [entry, sealed]) {
      const file = whole === entry ? join(folder.storage, resultPath(digest)) : sealPath(folder, digest);
      for (let bit = 0; bit < whole.length * 8; bit += 1) {
        const damaged = Buffer.from(whole);
        damaged.writeUInt8(damaged.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
        writeFileSync(file, damaged);
        expect([bit, await readStoredResult(folder, digest)]).toEqual([bit, undefined]);
      }
      for (const length of [0, 1, whole.length - 1]) {
        writeFileSync(file, whole.subarray(0, length));
        expect(await readStoredResult(folder, digest)).toBeUndefined();
      }
      writeFileSync(file, whole);
    }
    expect(await readStoredResult(folder, digest)).toBeDefined();
  });

  test('are none under the name of another action, even with their seal', async () => {
    put(resultPath(digest), entry);
    await seal();
    const other = digestOf(Buffer.from('another action'));
    put(resultPath(other), entry);
    mkdirSync(dirname(sealPath(folder, other)), { recursive: true });
    copyFileSync(sealPath(folder, digest), sealPath(folder, other));
    expect(await readStoredResult(folder, other)).toBeUndefined();
  });

  test('are not sealed where another one took their place', async () => {
    put(resultPath(digest), ActionResult.encode({ ...result, exitCode: 0 }).finish());
    await seal();
    expect(existsSync(sealPath(folder, digest))).toBe(false);
  });

  test('have their seals as long as they stay', async () => {
    put(resultPath(digest), entry);
    await seal();
    writeFileSync(join(dirname(sealPath(folder, digest)), '.unfinished'), '');
    await sweepSeals(folder, new Set([digest.hash]));
    expect(readdirSync(dirname(sealPath(folder, digest)))).toEqual([digest.hash.slice(2)]);
    await sweepSeals(folder, new Set());
    expect(existsSync(sealPath(folder, digest))).toBe(false);
  });
});

describe('blobs of the local cache', () => {
  const large = Buffer.alloc(3_000_000, 'large');

  test.each([['small'], [large]])('that were changed are corrupt', async (content) => {
    const digest = store(content);
    const spoilt = Buffer.from(content);
    spoilt[1] = 0;
    put(objectPath(digest), spoilt);
    await expect(readStoredBlob(folder, digest)).rejects.toMatchObject({ reason: 'corrupt' });
  });

  test.each([['small'], [large]])('that are gone are missing', async (content) => {
    const digest = digestOf(Buffer.from(content));
    await expect(confirmStored(folder, digest)).rejects.toMatchObject({ reason: 'missing' });
  });

  test('are confirmed by their size', async () => {
    const digest = store('all of it');
    await confirmStored(folder, digest);
    put(objectPath(digest), Buffer.from('all'));
    await expect(confirmStored(folder, digest)).rejects.toMatchObject({ reason: 'corrupt' });
  });
});
