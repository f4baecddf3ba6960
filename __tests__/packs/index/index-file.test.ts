import { createHash } from 'node:crypto';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { countEntries, EMPTY_INDEX, type CacheIndex } from '../../../src/packs/index/cache-index.js';
import { decodeIndex, encodeIndex, readIndex } from '../../../src/packs/index/index-file.js';
import { UnreadableIndex } from '../../../src/packs/index/unreadable-index.js';
import { formatDigest } from '../../../src/reapi/digest.js';
import { blob, entry, indexOf, pack } from '../sample-index.js';

const blobs = Array.from({ length: 20 }, (_, i) => blob(`blob ${i}`, i * 1_000));
const sample = indexOf(
  [pack('a', blobs.slice(0, 9), { codec: 'zstd', bytes: 77 }), pack('b', blobs.slice(9, 18)), pack('c', [])],
  [
    entry('in order', blobs.slice(0, 18)),
    entry('backwards', blobs.slice(0, 18).reverse(), { scope: { ref: 'local', event: null, tier: 'local' } }),
    entry('in no pack', [...blobs.slice(17), blob('elsewhere')], {
      scope: { ref: 'refs/heads/a#b', event: 'pull_request_target', tier: 'untrusted' },
      usedAt: 1_800_000_000_000,
    }),
    entry('with another size', [{ ...(blobs[3] ?? blob('')), sizeBytes: 4 }]),
    entry('of nothing', []),
  ],
  [7, 12],
);

/** What came of reading it. */
function problemWith(file: Buffer): { kind: string; message: string } | undefined {
  try {
    decodeIndex(file);
    return undefined;
  } catch (error) {
    if (error instanceof UnreadableIndex) return { kind: error.kind, message: error.message };
    throw error;
  }
}

/** A file whose line and hash are right, whatever is in it. */
function fileOf(json: unknown, format = 2): Buffer {
  const text = typeof json === 'string' ? json : JSON.stringify(json);
  return withBody(gzipSync(text), format);
}

function withBody(body: Buffer, format = 2): Buffer {
  const words = `buildbox-action index ${format}`;
  const hash = createHash('sha256').update(`${words}\n`).update(body).digest('hex');
  return Buffer.concat([Buffer.from(`${words} ${hash}\n`), body]);
}

const sorted = (index: CacheIndex) => ({
  packs: new Map([...index.packs].sort()),
  entries: new Map([...index.entries].sort()),
  unresolved: index.unresolved,
});

describe('an index that was written', () => {
  test('is read as what it was', () => {
    expect(sorted(decodeIndex(encodeIndex(sample)))).toEqual(sorted(sample));
    expect(decodeIndex(encodeIndex(EMPTY_INDEX))).toEqual(EMPTY_INDEX);
  });

  test('is the same file in whatever order its parts come', () => {
    const reversed = indexOf(
      [...sample.packs.values()].reverse(),
      [...sample.entries.values()].reverse(),
      [12, 7, 12],
    );
    expect(encodeIndex(reversed)).toEqual(encodeIndex(sample));
  });

  test('begins with a line that says what it is', () => {
    expect(encodeIndex(sample).toString('latin1')).toMatch(/^buildbox-action index 2 [0-9a-f]{64}\n/);
  });

  test('keeps trees apart from results', () => {
    const tree = entry('tree', [], { result: null });
    const empty = entry('empty', [], { result: Buffer.alloc(0) });
    const read = decodeIndex(encodeIndex(indexOf([], [tree, empty])));
    expect(read.entries.get(tree.digest.hash)?.result).toBeNull();
    expect(read.entries.get(empty.digest.hash)?.result).toEqual(Buffer.alloc(0));
    expect(countEntries(read)).toEqual({ results: 1, trees: 1 });
  });

  test('keeps times that a file system gave, with fractions', () => {
    const one = entry('timed', [], { writtenAt: 5.75, usedAt: -3 });
    const read = decodeIndex(encodeIndex(indexOf([], [one])));
    expect([...read.entries.values()]).toEqual([{ ...one, writtenAt: 5, usedAt: 0 }]);
  });

  test('is small where entries share blobs', () => {
    const many = Array.from({ length: 100_000 }, (_, i) => blob(`${i}`, i));
    const one = encodeIndex(indexOf([pack('a', many)], [entry('0', many)]));
    const fifty = encodeIndex(
      indexOf(
        [pack('a', many)],
        Array.from({ length: 50 }, (_, i) => entry(`${i}`, many.slice(i))),
      ),
    );
    expect(one.length).toBeLessThan(100_000 * 50);
    expect(fifty.length - one.length).toBeLessThan(50 * 100);
    const last = decodeIndex(fifty).entries.get(entry('49', []).digest.hash);
    expect(last?.blobs.map(formatDigest).join()).toBe(many.slice(49).map(formatDigest).join());
  });
});

describe('an index of an earlier version', () => {
  test.each([
    ['refs/heads/main', { ref: 'refs/heads/main', event: null }],
    ['refs/heads/x#pull_request', { ref: 'refs/heads/x#pull_request', event: 'unknown' }],
  ])('which had ref and event in one text, %s, is read', (text, scope) => {
    const digest = `${blob('x').hash}/1`;
    const entries = [[digest, 'AAAA', [], 0, 1, 1]];
    const index = decodeIndex(fileOf({ packs: [], scopes: [[text, 'trusted']], entries, unresolved: [] }, 1));
    expect([...index.entries.values()]).toMatchObject([{ scope: { ...scope, tier: 'trusted' } }]);
  });
});

describe('an index of a newer version', () => {
  test('is told from a damaged one, with both versions', () => {
    expect(problemWith(fileOf({ something: 'else' }, 3))).toEqual({
      kind: 'newer',
      message: 'the index is of format 3, and this version of buildbox-action reads formats up to 2',
    });
  });
});

describe('a damaged index is never read', () => {
  const whole = encodeIndex(sample);

  test('whichever byte is flipped', () => {
    const unnoticed: string[] = [];
    for (let at = 0; at < whole.length; at++) {
      for (const bit of [0x01, 0x20, 0x80]) {
        const flipped = Buffer.from(whole);
        flipped[at] = (flipped[at] ?? 0) ^ bit;
        if (problemWith(flipped)?.kind !== 'damaged') unnoticed.push(`${bit} in ${at}`);
      }
    }
    expect(unnoticed).toEqual([]);
  });

  test('wherever it ends', () => {
    const read = Array.from(whole.keys()).filter(
      (length) => problemWith(whole.subarray(0, length))?.kind !== 'damaged',
    );
    expect(read).toEqual([]);
    expect(problemWith(Buffer.concat([whole, Buffer.from('\n')]))?.kind).toBe('damaged');
  });

  test('nor is what never was one', () => {
    expect(problemWith(Buffer.from('<html>404</html>'))?.kind).toBe('damaged');
    expect(problemWith(Buffer.alloc(100_000))?.kind).toBe('damaged');
    expect(problemWith(withBody(Buffer.from('no gzip')))?.kind).toBe('damaged');
  });

  test('nor is a bomb unfolded', () => {
    const hundredMegabytes = gzipSync(Buffer.alloc(100_000_000, ' '), { level: 1 });
    const bomb = Buffer.concat([hundredMegabytes, hundredMegabytes, hundredMegabytes, gzipSync('{}')]);
    expect(problemWith(withBody(bomb))?.kind).toBe('damaged');
  });

  test.each(['[],', '{},', '0,'])(
    'nor is a text of %j over and over, which would fill the memory',
    (item) => {
      const lists = Buffer.concat([Buffer.from('['), Buffer.alloc(40_000_000, item), Buffer.from('0]')]);
      expect(problemWith(withBody(gzipSync(lists, { level: 1 })))?.message).toMatch(/more than memory/);
    },
  );

  test('nor is a file read that is larger than any index', async () => {
    const file = join(await mkdtemp(join(tmpdir(), 'index-file-')), 'index');
    await writeFile(file, '');
    await truncate(file, 5e9);
    await expect(readIndex(file)).rejects.toThrow('the index is damaged: it has 5000000000 bytes');
    await rm(dirname(file), { recursive: true });
  });

  test('the reason is one line', () => {
    expect(problemWith(fileOf('{"packs":\n'))?.message).toMatch(/^the index is damaged: .+$/);
    expect(problemWith(whole.subarray(0, 200))?.message).toBe(
      'the index is damaged: its content does not have the hash that it names',
    );
  });
});

describe('an index that somebody made up', () => {
  const hash = blob('x').hash;
  const digest = `${hash}/1`;
  const goodPack: unknown[] = [hash, 'key', 1, 'none', digest];
  const goodEntry: unknown[] = [digest, 'AAAA', [0, 1], 0, 1, 1];
  const good = {
    packs: [goodPack],
    scopes: [['local', null, 'local']],
    entries: [goodEntry],
    unresolved: [],
  };
  const withPack = (...change: [number, unknown]) => ({ ...good, packs: [goodPack.with(...change)] });
  const withEntry = (...change: [number, unknown]) => ({ ...good, entries: [goodEntry.with(...change)] });

  test('is read when all of it is sound', () => {
    expect(problemWith(fileOf(good))).toBeUndefined();
  });

  test.each<[string, unknown]>([
    ['null', null],
    ['a list', []],
    ['a number', 3],
    ['nothing in it', {}],
    ['its parts inherited', `{"__proto__": ${JSON.stringify(good)}}`],
    ['a list that is none', { ...good, packs: { length: 1, 0: goodPack } }],
    ['a pack that is none', { ...good, packs: [null] }],
    ['a pack twice', { ...good, packs: [goodPack, goodPack] }],
    ['a pack named __proto__', withPack(0, '__proto__')],
    ['an id in capitals', withPack(0, hash.toUpperCase())],
    ['a key that leads away', withPack(1, '../key')],
    ['a key that hides', withPack(1, '.key')],
    ['a key with a comma', withPack(1, 'a,b')],
    ['no key', withPack(1, '')],
    ['bytes as text', withPack(2, '1')],
    ['bytes below 0', withPack(2, -1)],
    ['half a byte', withPack(2, 0.5)],
    ['too many bytes', withPack(2, 2 ** 53)],
    ['another codec', withPack(3, 'lzma')],
    ['blobs as a list', withPack(4, [digest])],
    ['a digest without a size', withPack(4, hash)],
    ['a digest with a size that is not safe', withPack(4, `${hash}/9999999999999999`)],
    ['two spaces between digests', withPack(4, `${digest}  ${digest}`)],
    ['a tier that there is not', { ...good, scopes: [['local', null, 'root']] }],
    ['an inherited tier', { ...good, scopes: [['local', null, 'constructor']] }],
    ['a ref with a line break', { ...good, scopes: [['a\nb', null, 'local']] }],
    ['an empty ref', { ...good, scopes: [['', null, 'local']] }],
    ['an empty event', { ...good, scopes: [['local', '', 'local']] }],
    ['no event', { ...good, scopes: [['local', 'local']] }],
    ['an entry twice', { ...good, entries: [goodEntry, goodEntry] }],
    ['an action that is none', withEntry(0, 'abc')],
    ['a result that is no base64', withEntry(1, 'A*AA')],
    ['a result with a tail', withEntry(1, 'AAAA====')],
    ['a result that is no text', withEntry(1, 12)],
    ['a blob before the first', withEntry(2, [-1, 1])],
    ['a blob behind the last', withEntry(2, [1, 1])],
    ['more blobs than there are', withEntry(2, [0, 2])],
    ['a row without a length', withEntry(2, [0])],
    ['a row of none', withEntry(2, [0, 0])],
    ['a row of fewer than none', withEntry(2, [1, -1])],
    ['a row that begins nowhere', withEntry(2, [null, 1])],
    ['a row of half a blob', withEntry(2, [0, 0.5])],
    ['blobs that are no list', withEntry(2, 'blobs')],
    ['a blob that is no digest', withEntry(2, ['abc'])],
    ['a scope that there is not', withEntry(3, 1)],
    ['a scope that is none', withEntry(3, -1)],
    ['a time that is none', withEntry(4, 'now')],
    ['a time of use that is none', withEntry(5, null)],
    ['a sequence number that is none', { ...good, unresolved: ['1'] }],
    ['numbers that are no list', { ...good, unresolved: 1 }],
  ])('is refused with %s', (_, json) => {
    expect(problemWith(fileOf(json))?.kind).toBe('damaged');
  });

  test('is refused when its entries name more than memory can hold', () => {
    const wide = Array.from({ length: 5_000 }, (__, i) => `${blob(`${i}`).hash}/1`);
    const rows = Array.from({ length: 4_000 }, () => [0, 5_000, -5_000]).flat();
    const entries = [[digest, '', [0, 5_000, ...rows.slice(2).flatMap(() => [-5_000, 5_000])], 0, 1, 1]];
    const bomb = { ...good, packs: [goodPack.with(4, wide.join(' '))], entries };
    expect(problemWith(fileOf(bomb))?.message).toBe('the index is damaged: its entries name too many blobs');
  });
});
