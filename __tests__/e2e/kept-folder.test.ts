import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { decodeIndex, encodeIndex } from '../../src/packs/index/index-file.js';
import { cacheKeys } from '../../src/packs/index/keys.js';
import type { PackReport, SaveReport } from '../../src/report/run/pack-report.js';
import { flipped } from '../packs/shared-objects.js';
import { Bench, type BuildRecord, type Ended } from './command-line.js';
import { mountDisk, testOnDisk, unmountDisk } from './memory-disk.js';
import { clockOff, copyWithHelper, environmentOf, hangAt } from './preload.js';
import { until } from './until.js';

interface KeptRun extends Ended {
  readonly record: BuildRecord;
  readonly kept: PackReport | null;
  readonly save: SaveReport | null;
}

let bench: Bench;

beforeEach(() => {
  bench = new Bench({ 'in.txt': 'hello\n' });
});
afterEach(async () => {
  await bench.dispose();
  expect(bench.leftovers()).toEqual([]);
});

const KEYS = cacheKeys('default');
/** What the command line writes under, where no CI system names a ref. */
const REF = { ref: 'local', event: null };
const SCRIPT = 'cat in.txt; seq 1 50000 > out; cat in.txt >> out';

const kept = (name = '') => join(bench.root, 'kept', name);
const objects = (prefix: string) =>
  existsSync(kept()) ? readdirSync(kept()).filter((name) => name.startsWith(prefix)) : [];
const packs = () => objects(KEYS.packPrefix(REF));
const indexes = () => objects(KEYS.indexPrefix(REF));

/** A run of `SCRIPT`, or of another, by default where nothing is local. */
async function run(flags: readonly string[] = [], script = SCRIPT): Promise<KeptRun> {
  const ended = await bench.record(['--cache', `folder:${kept()}`, '--outputs', 'out', ...flags], script);
  const told = ended.record.cache as unknown as Pick<KeptRun, 'kept' | 'save'>;
  return { ...ended, kept: told.kept, save: told.save };
}

/** As on another machine; what is known of the inputs stays, which is quicker. */
function forget(): void {
  for (const name of ['casd', 'kept']) rmSync(join(bench.cache, name), { recursive: true, force: true });
  rmSync(join(bench.checkout, 'out'), { recursive: true, force: true });
}

const warnings = ({ stderr }: Ended) => stderr.split('\n').filter((line) => line.startsWith('warning: '));

describe('a folder', () => {
  test('keeps results for other machines, and a hit there needs no BuildBox and saves nothing', async () => {
    const built = await run();
    expect(built).toMatchObject({
      record: { result: 'built' },
      kept: { lookup: 'miss', problem: null },
      save: { results: 1, problem: null, kept: { results: 1, packs: 1 } },
    });
    const usage = await bench.command('cache', 'usage', '--json', '--cache', `folder:${kept()}`);
    expect(JSON.parse(usage.stdout)).toMatchObject({
      kept: {
        place: `the folder ${kept()}`,
        refs: [{ ...REF, results: 1, packs: 1, dead: 0 }],
        unsaved: 0,
      },
    });
    forget();
    bench.environment = { RUNNER_TOOL_CACHE: '' };
    const hit = await run();
    expect(hit).toMatchObject({
      record: { result: 'hit', hitFrom: 'cache' },
      kept: { lookup: 'hit', problem: null },
      save: null,
    });
    expect(bench.read('out')).toMatch(/\n50000\nhello\n$/);
    expect([indexes().length, warnings(hit)]).toEqual([1, []]);
    const again = await run(['--cache', 'none']);
    expect(again.record.result).toBe('built');
  });

  test('that cannot be read or written is told once, and the build is green', async () => {
    writeFileSync(kept(), 'no folder');
    const built = await run();
    expect([built.exitCode, built.record.result]).toEqual([0, 'built']);
    expect(warnings(built)).toEqual([expect.stringContaining('is no folder')]);
  });
});

describe('a folder that hangs', () => {
  const hang = () => {
    const pipe = join(bench.root, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const copy = copyWithHelper(join(bench.root, 'hanging'), hangAt('copyFile -index-', pipe));
    bench.cli = join(copy, 'dist/cli.js');
  };

  test('costs what it may, and does not keep the run from ending; the next one makes up for it', async () => {
    await run();
    hang();
    forget();
    const other = 'echo other > out';
    const built = await run(['--cache-time-limit', '1s'], other);
    expect([built.exitCode, built.record.result]).toEqual([0, 'built']);
    expect(warnings(built)).toEqual([expect.stringMatching(/cannot be used: it took longer than 1 s/)]);
    expect(built.save?.problem).toBe('it took longer than 1 s');
    expect(bench.leftovers()).toEqual([]);
    bench.cli = resolve('dist/cli.js');
    expect((await run([], other)).save).toMatchObject({ results: 1, problem: null });
    forget();
    expect((await run([], other)).record.result).toBe('hit');
  });

  test('does not keep a cancelled run from ending', async () => {
    await run();
    hang();
    forget();
    const { child, ended } = bench.startRun(['--cache', `folder:${kept()}`], SCRIPT);
    await until(() => bench.leftovers().some((argv) => argv.includes('folder-cache.js')));
    child.kill('SIGTERM');
    expect((await ended).exitCode).toBe(143);
    expect(readdirSync(join(bench.cache, 'kept', 'scratch'))).toEqual([]);
  });
});

describe('what is broken in the folder', () => {
  const onPack = (harm: (file: string) => void) => () => packs().forEach((name) => harm(kept(name)));
  const onIndex = (content: () => Buffer) => () => writeFileSync(kept(KEYS.index(REF, 2)), content());
  const newest = () => readFileSync(kept(KEYS.index(REF, 1)));

  test.each([
    ['a pack that was evicted', onPack((file) => rmSync(file)), 'built', /building again/],
    ['a pack that is cut short', onPack((file) => truncateSync(file, 1000)), 'built', /building again/],
    [
      'a pack with a flipped bit',
      onPack((file) => writeFileSync(file, flipped(readFileSync(file)))),
      'built',
      /building again/,
    ],
    ['an index that is garbage', onIndex(() => Buffer.from('<html>')), 'hit', /does not begin like one/],
    ['an index that is empty', onIndex(() => Buffer.alloc(0)), 'hit', /does not begin like one/],
    ['an index with a flipped bit', onIndex(() => flipped(newest())), 'hit', /damaged/],
  ] as const)('%s', async (_, harm, result, words) => {
    const first = await run();
    harm();
    forget();
    const second = await run();
    expect([second.exitCode, second.record.result]).toEqual([0, result]);
    expect(warnings(second)).toEqual([expect.stringMatching(words)]);
    expect(second.record.outputsDigest).toBe(first.record.outputsDigest);
    forget();
    const third = await run();
    expect(third.record.result).toBe('hit');
    if (result === 'built') expect(warnings(third)).toEqual([]);
  });

  test('an index of a newer version is told, and nothing is written there', async () => {
    await run();
    const body = gzipSync('{}');
    const hash = createHash('sha256').update('buildbox-action index 3\n').update(body).digest('hex');
    const newer = Buffer.concat([Buffer.from(`buildbox-action index 3 ${hash}\n`), body]);
    writeFileSync(kept(KEYS.index(REF, 2)), newer);
    forget();
    const before = readdirSync(kept());
    const built = await run();
    expect([built.exitCode, built.record.result]).toEqual([0, 'built']);
    expect(built.save?.problem).toContain('a newer version of buildbox-action');
    expect(warnings(built)).toEqual([expect.stringContaining('the index is of format 3')]);
    expect(readdirSync(kept())).toEqual(before);
  });
});

describe('age', () => {
  /** As if the only result had been used last so long ago. */
  function age(days: number): void {
    const file = kept(indexes().sort().at(-1));
    const { entries, ...index } = decodeIndex(readFileSync(file));
    const usedAt = Date.now() - days * 86_400_000;
    const aged = [...entries].map(([hash, entry]) => [hash, { ...entry, usedAt }] as const);
    writeFileSync(file, encodeIndex({ ...index, entries: new Map(aged) }));
  }

  test('a use is told to the others when it matters, and what nobody uses goes', async () => {
    await run();
    age(2);
    forget();
    expect(await run()).toMatchObject({ record: { result: 'hit' }, save: null });
    age(5);
    forget();
    expect(await run()).toMatchObject({ record: { result: 'hit' }, save: { results: 0, blobs: 0 } });
    const [entry] = decodeIndex(readFileSync(kept(indexes().sort().at(-1)))).entries.values();
    expect(Date.now() - (entry?.usedAt ?? 0)).toBeLessThan(3_600_000);
    age(15);
    forget();
    const other = await run([], 'echo other > out');
    expect(other.save).toMatchObject({ results: 1, forgotten: [{ why: 'unused', results: 1, trees: 0 }] });
  });
});

test('a quota that is smaller than one output: what does not fit is kept no more, and the rest is', async () => {
  const large = 'head -c 20000000 /dev/urandom > out';
  await run([], large);
  await run();
  forget();
  const small = ['--cache-quota', '10M'];
  // A hit needs no room in the local cache.
  expect((await run(small, large)).record).toMatchObject({ result: 'hit', hitFrom: 'cache' });
  forget();
  const other = await run(small, 'echo other > out');
  expect(other).toMatchObject({ exitCode: 0, save: { results: 1, problem: null } });
  expect(other.save?.forgotten).toEqual([{ why: 'larger-than-quota', results: 1, trees: 0 }]);
  expect(other.save?.kept?.bytes).toBeLessThan(10_000_000);
  forget();
  expect([(await run()).record.result, (await run([], large)).record.result]).toEqual(['hit', 'built']);
});

describe('a clock that is an hour off', () => {
  const HOUR = 3_600_000;
  const runAt = (hours: number, script?: string) => {
    const clock = clockOff(hours * HOUR);
    bench.environment = environmentOf(clock);
    bench.cli = join(copyWithHelper(join(bench.root, 'copy'), clock), 'dist/cli.js');
    return run(['--cache-max-age', '1d'], script);
  };

  test.each([
    ['stays', 25],
    ['goes', 27],
  ] as const)('lets nothing go that was used within a day: what it takes for old %s', async (what, hours) => {
    await runAt(1 - hours); // Long ago, or by a slow clock.
    forget();
    const other = await runAt(1, 'echo other > out');
    expect(other.save).toMatchObject({ results: 1, problem: null });
    expect(other.save?.kept?.results).toBe(what === 'stays' ? 2 : 1);
    forget();
    const again = await runAt(0);
    expect([again.record.result, warnings(again)]).toEqual([what === 'stays' ? 'hit' : 'built', []]);
  });

  test('does not sweep what somebody stores just now', async () => {
    await run();
    const young = kept(KEYS.pack(REF, 'f'.repeat(64), 1));
    const old = kept(KEYS.pack(REF, 'e'.repeat(64), 1));
    for (const file of [young, old]) writeFileSync(file, 'of somebody else');
    utimesSync(old, Date.now() / 1000 - 7300, Date.now() / 1000 - 7300);
    const other = await runAt(1.1, 'echo other > out');
    expect(other.save).toMatchObject({ results: 1, problem: null });
    expect([existsSync(young), existsSync(old)]).toEqual([true, false]);
  });
});

describe('two jobs', () => {
  test('in one cache folder at the same time lose nothing', async () => {
    const scripts = ['echo one > one', 'echo two > two'];
    const runs = await Promise.all(
      scripts.map((script) => bench.run(['--cache', `folder:${kept()}`], script)),
    );
    expect(runs.map(({ exitCode, stderr }) => [exitCode, stderr.includes('warning')])).toEqual([
      [0, false],
      [0, false],
    ]);
    forget();
    for (const script of scripts) {
      const { record } = await bench.record(['--cache', `folder:${kept()}`], script);
      expect(record.result).toBe('hit');
    }
  });
});

describe('a full disk', () => {
  const disk = () => join(bench.root, 'disk');
  afterEach(async () => {
    if (!existsSync(disk())) return;
    await bench.start('casd', 'stop', '--cache-dir', join(disk(), 'cache')).ended;
    unmountDisk(disk());
  });

  testOnDisk('where results are kept: one line, the build is green, and what was kept still is', async () => {
    mountDisk(disk(), '3m');
    const flags = ['--cache', `folder:${disk()}`];
    await run(flags);
    const before = readdirSync(disk());
    const large = await run(flags, 'head -c 10000000 /dev/urandom > out');
    expect([large.exitCode, large.record.result]).toEqual([0, 'built']);
    expect(large.save?.problem).toMatch(/no space is left \(ENOSPC\)$/);
    expect(readdirSync(disk())).toEqual(before);
    forget();
    expect((await run(flags)).record.result).toBe('hit');
  });
});

test('a copy of the folder is as good as the folder', async () => {
  await run();
  const copy = join(bench.root, 'copy');
  cpSync(kept(), copy, { recursive: true });
  rmSync(kept(), { recursive: true });
  forget();
  const hit = await run(['--cache', `folder:${copy}`]);
  expect(hit.record.result).toBe('hit');
});
