import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { cacheFolder, type CacheFolder } from '../../src/casd/folder.js';
import { objectPath, resultPath } from '../../src/casd/layout.js';
import {
  confirmStored,
  copyStoredFiles,
  readStoredBlob,
  readStoredResult,
} from '../../src/casd/stored-results.js';
import { ActionResult } from '../../src/gen/build/bazel/remote/execution/v2/remote_execution.js';
import { digestOf, type Digest, EMPTY_DIGEST } from '../../src/reapi/digest.js';

let folder: CacheFolder;
const signal = new AbortController().signal;

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

  test('are read without a daemon, and marked as used', async () => {
    const file = put(
      resultPath(digest),
      ActionResult.encode(ActionResult.fromPartial({ exitCode: 3 })).finish(),
    );
    expect(await readStoredResult(folder, digest)).toMatchObject({ exitCode: 3 });
    expect(statSync(file).mtimeMs).toBeGreaterThan(Date.now() - 60_000);
  });

  test('are none where there is none, or none that can be read', async () => {
    expect(await readStoredResult(folder, digest)).toBeUndefined();
    put(resultPath(digest), Buffer.from([0xff, 0xff, 0xff]));
    expect(await readStoredResult(folder, digest)).toBeUndefined();
  });
});

describe('blobs of the local cache', () => {
  const large = Buffer.alloc(3_000_000, 'large');

  test('are copied, small and large, with their modes', async () => {
    const [small, big] = [store('small'), store(large)];
    const at = (name: string) => join(folder.root, name);
    await copyStoredFiles(
      folder,
      [
        { digest: small, path: at('small'), mode: 0o755 },
        { digest: big, path: at('big'), mode: 0o644 },
        { digest: EMPTY_DIGEST, path: at('empty'), mode: 0o644 },
      ],
      signal,
    );
    expect(readFileSync(at('small'), 'utf8')).toBe('small');
    expect(statSync(at('small')).mode & 0o111).not.toBe(0);
    expect(readFileSync(at('big')).equals(large)).toBe(true);
    expect(statSync(at('empty')).size).toBe(0);
  });

  test.each([['small'], [large]])('that were changed are corrupt', async (content) => {
    const digest = store(content);
    const spoilt = Buffer.from(content);
    spoilt[1] = 0;
    put(objectPath(digest), spoilt);
    const file = { digest, path: join(folder.root, 'x'), mode: 0o644 };
    await expect(copyStoredFiles(folder, [file], signal)).rejects.toMatchObject({ reason: 'corrupt' });
    await expect(readStoredBlob(folder, digest)).rejects.toMatchObject({ reason: 'corrupt' });
  });

  test.each([['small'], [large]])('that are gone are missing', async (content) => {
    const digest = digestOf(Buffer.from(content));
    const file = { digest, path: join(folder.root, 'x'), mode: 0o644 };
    await expect(copyStoredFiles(folder, [file], signal)).rejects.toMatchObject({ reason: 'missing' });
    await expect(confirmStored(folder, digest)).rejects.toMatchObject({ reason: 'missing' });
  });

  test('are confirmed by their size', async () => {
    const digest = store('all of it');
    await confirmStored(folder, digest);
    put(objectPath(digest), Buffer.from('all'));
    await expect(confirmStored(folder, digest)).rejects.toMatchObject({ reason: 'corrupt' });
  });

  test('are copied no further than they are wanted', async () => {
    const file = { digest: store(large), path: join(folder.root, 'x'), mode: 0o644 };
    await expect(copyStoredFiles(folder, [file], AbortSignal.abort(new Error('enough')))).rejects.toThrow(
      'enough',
    );
  });
});
