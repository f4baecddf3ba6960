import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { dropDamaged } from '../../src/local/drop-damaged.js';
import { type CacheFolder, cacheFolder } from '../../src/local/folder.js';
import { objectPath } from '../../src/local/layout.js';
import { digestOf, EMPTY_DIGEST } from '../../src/reapi/digest.js';

let folder: CacheFolder;

beforeEach(() => {
  folder = cacheFolder(mkdtempSync(join(tmpdir(), 'drop-damaged-')));
});

afterEach(() => rmSync(folder.root, { recursive: true }));

const { signal } = new AbortController();

/** Makes what stands where a blob of `content` should, and returns where that is. */
function place(content: string, make: (path: string) => void): string {
  const path = join(folder.storage, objectPath(digestOf(Buffer.from(content))));
  mkdirSync(dirname(path), { recursive: true });
  make(path);
  return path;
}

const asIs = (content: string) => (path: string) => writeFileSync(path, content);
const dropped = async (content: string, look: 'form' | 'content') =>
  (await dropDamaged(folder, [digestOf(Buffer.from(content))], look, signal)).length;

/** Above and below what is read at once. */
const SIZES = [1, 262_143, 262_144, 1_000_000];

describe.each(SIZES)('a blob of %d bytes', (size) => {
  const content = 'a'.repeat(size);

  test('stays when it is what its digest says', async () => {
    const path = place(content, asIs(content));
    expect([await dropped(content, 'form'), await dropped(content, 'content')]).toEqual([0, 0]);
    expect(existsSync(path)).toBe(true);
  });

  test('goes when its content is another, which its form does not tell', async () => {
    const path = place(content, asIs(`${content.slice(1)}b`));
    expect(await dropped(content, 'form')).toBe(0);
    expect(await dropped(content, 'content')).toBe(1);
    expect(existsSync(path)).toBe(false);
  });

  test.each<[string, (path: string) => void]>([
    ['shorter', asIs(content.slice(1))],
    ['longer', asIs(`${content}a`)],
    ['a folder', (path) => mkdirSync(join(path, 'x'), { recursive: true })],
    ['a folder that may not be read', (path) => mkdirSync(path, 0)],
    [
      'a link, if to the right content',
      (path) => {
        asIs(content)(`${path}~`);
        symlinkSync(`${path}~`, path);
      },
    ],
    ['a link to nowhere', (path) => symlinkSync('/nonexistent', path)],
  ])('goes when it is %s', async (_, make) => {
    for (const look of ['form', 'content'] as const) {
      const path = place(content, make);
      expect([look, await dropped(content, look)]).toEqual([look, 1]);
      expect(lstatSync(path, { throwIfNoEntry: false })).toBeUndefined();
      rmSync(`${path}~`, { force: true });
    }
  });

  test('goes when nobody may read it', async () => {
    chmodSync(place(content, asIs(content)), 0);
    expect(await dropped(content, 'form')).toBe(1);
  });

  test('that is not there is not damaged', async () => {
    expect([await dropped(content, 'form'), await dropped(content, 'content')]).toEqual([0, 0]);
  });
});

test('the empty blob goes when it is not empty', async () => {
  place('', asIs('x'));
  expect(await dropDamaged(folder, [EMPTY_DIGEST], 'content', signal)).toEqual([EMPTY_DIGEST]);
  place('', asIs(''));
  expect(await dropDamaged(folder, [EMPTY_DIGEST], 'content', signal)).toEqual([]);
});

test('ends when the run is cancelled', async () => {
  const cancel = new AbortController();
  cancel.abort(new Error('cancelled'));
  place('a', asIs('b'));
  await expect(dropDamaged(folder, [digestOf(Buffer.from('a'))], 'content', cancel.signal)).rejects.toThrow(
    'cancelled',
  );
});
