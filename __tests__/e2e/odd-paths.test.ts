import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Bench } from './command-line.js';

const FILES = { 'in.txt': 'x' };
const OUTPUT = ['--outputs', 'out'];
const SCRIPT = 'mkdir out; cp in.txt out/; echo built';

/** Each has its own sense for one of: gRPC's addresses, PATH, the mounts of buildbox-run, a shell, a line. */
const NAMES = [
  'feature%2Fone',
  'a#b',
  'a?b',
  'a,b',
  'a:b',
  'a b',
  'a"b\'c',
  'a\\b',
  'a\nb',
  'ä',
  '$(a)`b`;&|',
  '-a',
];
const ALL = NAMES.join('');

let folder: string;
let bench: Bench;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'odd-paths-'));
});

afterEach(async () => {
  await bench.dispose();
  expect(bench.leftovers()).toEqual([]);
  rmSync(folder, { recursive: true });
});

function inFolder(name: string): Bench {
  const parent = join(folder, name);
  mkdirSync(parent);
  bench = new Bench(FILES, parent);
  return bench;
}

async function expectBuiltAndHit(flags: readonly string[] = []): Promise<void> {
  const built = await bench.record([...OUTPUT, ...flags], SCRIPT);
  expect(built.stderr).not.toMatch(/warning|error/);
  expect(built.record).toMatchObject({ result: 'built', exitCode: 0 });
  bench.remove('out');
  expect((await bench.record([...OUTPUT, ...flags], SCRIPT)).record.hitFrom).toBe('local');
  expect(bench.read('out/in.txt')).toBe('x');
}

test.each([...NAMES, ALL])('all that is ours may lie below a folder named %j', async (name) => {
  const { root } = inFolder(name);
  const places = { HOME: join(root, 'home'), TMPDIR: join(root, 'temporary') };
  for (const place of Object.values(places)) mkdirSync(place);
  bench.environment = places;
  await expectBuiltAndHit();
});

test('so may what is kept between runs', async () => {
  const { root, cache } = inFolder(ALL);
  const flags = ['--cache', `folder:${join(root, 'kept')}`];
  await expectBuiltAndHit(flags);
  await bench.command('casd', 'stop');
  rmSync(cache, { recursive: true });
  bench.remove('out');
  const hit = await bench.record([...OUTPUT, ...flags], SCRIPT);
  expect(hit.record).toMatchObject({ hitFrom: 'cache' });
  expect(bench.read('out/in.txt')).toBe('x');
});

describe('a daemon whose cache folder no address can hold', () => {
  const start = async () =>
    (await bench.command('casd', 'start')).stdout.split('\n')[0]?.slice('unix:'.length) ?? '';

  test('has a plain address, and takes the place of its socket along', async () => {
    inFolder(ALL);
    const socket = await start();
    expect(socket).toMatch(/^[\w/.-]+\/casd\.sock$/);
    await expectBuiltAndHit();
    await bench.command('casd', 'stop');
    expect(existsSync(dirname(socket))).toBe(false);
  });

  test('is cleaned up after when it was killed', async () => {
    const { cache } = inFolder(ALL);
    const socket = await start();
    const record: unknown = JSON.parse(readFileSync(join(cache, 'run', 'casd.json'), 'utf8'));
    const { pid } = (record as { process: { pid: number } }).process;
    process.kill(pid, 'SIGKILL');
    await expectBuiltAndHit();
    expect(existsSync(dirname(socket))).toBe(false);
  });
});

test('programs of ours that no PATH can hold are refused at once', async () => {
  const { root } = inFolder('a:b');
  bench.environment = { HOME: root, RUNNER_TOOL_CACHE: join(root, 'tools') };
  const { exitCode, stderr } = await bench.run([], 'true');
  expect(exitCode).toBe(125);
  expect(stderr).toContain('PATH names no folder with a colon in it');
  expect(stderr).toContain('Set RUNNER_TOOL_CACHE, or HOME, to a folder without one.');
});
