import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { dropUnsoundCount, noteCount, notedBytes, soundBytes } from '../../src/local/counted.js';
import { type CacheFolder, cacheFolder } from '../../src/local/folder.js';

let folder: CacheFolder;
const inStorage = (path: string) => join(folder.storage, path);
const usage = () => inStorage('cas/disk_usage');

function put(path: string, content: string, at: Date): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  utimesSync(path, at, at);
  utimesSync(dirname(path), at, at);
}

const EARLIER = new Date(Date.now() - 60_000);
const LATER = new Date(Date.now() + 60_000);

beforeEach(() => {
  folder = cacheFolder(mkdtempSync(join(tmpdir(), 'counted-')));
  mkdirSync(folder.run);
  put(inStorage('cas/objects/ab/cdef'), 'content', EARLIER);
  utimesSync(inStorage('cas/objects'), EARLIER, EARLIER);
  writeFileSync(usage(), '7');
  noteCount(folder);
});
afterEach(() => rmSync(folder.root, { recursive: true, force: true }));

describe('the count that a casd ended with', () => {
  test('is believed', () => {
    expect([notedBytes(folder), soundBytes(folder)]).toEqual([7, 7]);
    dropUnsoundCount(folder);
    expect(existsSync(usage())).toBe(true);
  });

  test.each<[string, () => void]>([
    ['was written by somebody else', () => writeFileSync(usage(), '99999999999')],
    [
      'was replaced by one of the same words',
      () => {
        rmSync(usage());
        put(usage(), '7', LATER);
      },
    ],
    ['was never noted', () => rmSync(folder.counted)],
    ['was noted by halves', () => writeFileSync(folder.counted, '{"version":1,"by')],
    ['is gone', () => rmSync(usage())],
    [
      'is negative',
      () => {
        writeFileSync(usage(), '-5');
        noteCount(folder);
      },
    ],
    [
      'is no number',
      () => {
        writeFileSync(usage(), 'seven');
        noteCount(folder);
      },
    ],
    [
      'is no number that fits',
      () => {
        writeFileSync(usage(), '18446744073709551615');
        noteCount(folder);
      },
    ],
    [
      'is a folder',
      () => {
        rmSync(usage());
        mkdirSync(usage());
        noteCount(folder);
      },
    ],
    ['is older than an object', () => put(inStorage('cas/objects/ab/0123'), 'x', LATER)],
    ['is older than the loss of an object', () => utimesSync(inStorage('cas/objects/ab'), LATER, LATER)],
    [
      'is older than the loss of a folder of objects',
      () => utimesSync(inStorage('cas/objects'), LATER, LATER),
    ],
  ])('is dropped where it %s', (_, change) => {
    change();
    expect(soundBytes(folder)).toBeUndefined();
    dropUnsoundCount(folder);
    expect(existsSync(usage())).toBe(false);
  });
});
