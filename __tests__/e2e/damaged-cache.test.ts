import { spawn } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { seal } from '../../src/digests/sealed.js';
import { digestOf } from '../../src/reapi/digest.js';
import { Bench } from './command-line.js';
import { RootFileSystem } from './root-file-system.js';

const SMALL = 'small\n';
/** Too large to be looked at before the build begins. */
const LARGE = 'large\n'.repeat(1_000_000);

let bench: Bench;

beforeEach(() => {
  bench = new Bench({ 'small.txt': SMALL, 'large.txt': LARGE });
});

afterEach(async () => {
  await bench.dispose();
  expect(bench.leftovers()).toEqual([]);
});

function objectOf(content: string, cache = bench.cache): string {
  const { hash } = digestOf(Buffer.from(content));
  return join(cache, 'casd/cas/objects', hash.slice(0, 2), hash.slice(2));
}

function flip(object: string): void {
  const bytes = readFileSync(object);
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
  chmodSync(object, 0o644);
  writeFileSync(object, bytes);
}

const DAMAGE: readonly [how: string, damage: (object: string) => void][] = [
  ['has one bit flipped', flip],
  ['is empty', (object) => truncateSync(object, 0)],
  ['is too long', (object) => writeFileSync(object, 'x', { flag: 'a' })],
  ['may not be read', (object) => chmodSync(object, 0)],
  [
    'is a folder',
    (object) => {
      rmSync(object);
      mkdirSync(join(object, 'x'), { recursive: true });
    },
  ],
  [
    'is a link to nowhere',
    (object) => {
      rmSync(object);
      symlinkSync('/nonexistent', object);
    },
  ],
  ['is gone', (object) => rmSync(object)],
];

const BOTH = ['--outputs', 'out.txt'];
const CONCAT = 'cat small.txt large.txt > out.txt';

describe.each(['no daemon runs', 'a daemon runs'])('an input in the local cache, while %s,', (daemon) => {
  test.each(DAMAGE)('that %s is replaced before anything is made of it', async (_, damage) => {
    await bench.run([], 'true');
    if (daemon === 'a daemon runs') await bench.command('casd', 'start');
    for (const content of [SMALL, LARGE]) {
      damage(objectOf(content));
      const flags = [...BOTH, '--salt', content.slice(0, 5)];
      const { exitCode, stderr, record } = await bench.record(flags, CONCAT);
      expect(`${exitCode} ${record.result} ${stderr}`).toMatch(/^0 built/);
      expect(stderr).not.toContain('bug');
      expect(bench.read('out.txt') === SMALL + LARGE).toBe(true);
      expect(lstatSync(objectOf(content)).isFile()).toBe(true);
      expect(readFileSync(objectOf(content), 'utf8') === content).toBe(true);
      rmSync(join(bench.checkout, 'out.txt'));
      expect((await bench.record(flags, CONCAT)).record.result).toBe('hit');
      expect(bench.read('out.txt') === SMALL + LARGE).toBe(true);
    }
    if (daemon === 'a daemon runs') await bench.command('casd', 'stop');
  });
});

test('a build that has begun on a damaged input is made once more, and its first result is nobody’s', async () => {
  const server = new Bench();
  const other = new Bench({ 'small.txt': SMALL, 'large.txt': LARGE });
  try {
    await server.run([], 'true');
    const remote = (await server.command('casd', 'start')).stdout.trim();
    const flags = [...BOTH, '--remote', remote, '--latency-budget', '5s', '--push', 'always'];
    await bench.run([], 'true');
    flip(objectOf(LARGE));
    const { exitCode, stderr } = await bench.record(flags, CONCAT);
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(
      /the local cache is damaged: blob \w+\/6000000 is not what its digest says\. Building/,
    );
    expect((await other.record(flags, CONCAT)).record).toMatchObject({ result: 'hit', hitFrom: 'remote' });
    expect(other.read('out.txt') === SMALL + LARGE).toBe(true);
  } finally {
    await other.dispose();
    await server.dispose();
  }
});

test('Command, Directories and all else that an action needs are replaced when all of it is damaged', async () => {
  await bench.run([], 'cat small.txt');
  const objects = join(bench.cache, 'casd/cas/objects');
  const files = readdirSync(objects, { recursive: true, encoding: 'utf8' }).filter((path) => path.length > 3);
  expect(files.length).toBeGreaterThan(10);
  for (const path of files) if (lstatSync(join(objects, path)).size > 0) flip(join(objects, path));
  const { exitCode, stdout, stderr } = await bench.run(['--timeout', '30m'], 'cat small.txt');
  expect([exitCode, stdout]).toEqual([0, SMALL]);
  expect(stderr).toContain('the local cache was damaged: ');
});

describe('an output that the local cache holds already, but damaged,', () => {
  test('is made once more', async () => {
    const script = 'mkdir out; cp small.txt out/a; echo more > out/b';
    await bench.run(['--outputs', 'out'], script);
    for (const content of [SMALL, 'more\n']) flip(objectOf(content));
    // As an input it would be looked at before.
    const flags = ['--outputs', 'out', '--inputs', 'large.txt'];
    const { exitCode, stderr } = await bench.run(flags, 'mkdir out; echo small > out/a; echo more > out/b');
    expect(`${exitCode} ${stderr}`).toMatch(/^0 .*and 1 more are not what their digests say\. Building/s);
    expect([bench.read('out/a'), bench.read('out/b')]).toEqual([SMALL, 'more\n']);
  });

  test('is made once more also where it is not brought', async () => {
    await bench.run(['--outputs', 'a'], 'echo more > a');
    flip(objectOf('more\n'));
    const flags = ['--outputs', 'a', '--salt', 'x'];
    const { exitCode, record } = await bench.record(
      [...flags, '--download-outputs', 'false'],
      'echo more > a',
    );
    expect([exitCode, record.result]).toEqual([0, 'built']);
    expect(readFileSync(objectOf('more\n'), 'utf8')).toBe('more\n');
  });

  test.each(DAMAGE)('is no hit when it %s', async (_, damage) => {
    await bench.run(['--outputs', 'a'], 'echo more > a');
    damage(objectOf('more\n'));
    const { exitCode, stderr, record } = await bench.record(['--outputs', 'a'], 'echo more > a');
    expect([exitCode, bench.read('a')]).toEqual([0, 'more\n']);
    expect(stderr).not.toContain('bug');
    // Root may read what nobody may.
    if (record.result === 'built') expect(stderr).toMatch(/is (corrupt|missing).*: building again/);
    expect((await bench.record(['--outputs', 'a'], 'echo more > a')).record.result).toBe('hit');
  });
});

test('a damaged file of a root file system is fetched anew', async () => {
  const server = new Bench();
  const image = new RootFileSystem();
  try {
    await server.run([], 'true');
    const remote = (await server.command('casd', 'start')).stdout.trim();
    const rootfs = await image.capture(remote);
    const flags = ['--remote', remote, '--latency-budget', '5s', '--shell', 'sh', '--rootfs', rootfs];
    flags.push('--user', '0:0'); // Whom the image knows.
    const script = 'cat /etc/passwd';
    const accounts = readFileSync(join(image.path, 'etc/passwd'), 'utf8');
    expect((await bench.run(flags, script)).stdout).toBe(accounts);
    for (const [how, damage] of DAMAGE) {
      damage(objectOf(accounts));
      const { exitCode, stdout } = await bench.run([...flags, '--salt', how], script);
      expect([how, exitCode, stdout.endsWith(accounts)]).toEqual([how, 0, true]);
      expect(readFileSync(objectOf(accounts), 'utf8')).toBe(accounts);
    }
  } finally {
    await server.dispose();
    image.remove();
  }
});

describe('the memory of digests', () => {
  const memoryFile = () => {
    const folder = join(bench.cache, 'memory');
    return join(folder, readdirSync(folder).find((name) => name.startsWith('inputs-')) ?? '');
  };
  const wrong = (text: string) =>
    text.replace(digestOf(Buffer.from(SMALL)).hash, digestOf(Buffer.from('other')).hash);
  const settled = () => new Promise((wait) => setTimeout(wait, 200));

  test('is believed in nothing when a character of it is another', async () => {
    await settled();
    const { record } = await bench.record([], 'cat small.txt');
    writeFileSync(memoryFile(), wrong(readFileSync(memoryFile(), 'utf8')));
    const again = await bench.record([], 'cat small.txt');
    expect(again.record).toMatchObject({ result: 'hit', actionDigest: record.actionDigest });
    expect(again.stderr).not.toContain('warning');
  });

  test('with a wrong digest costs one run a moment', async () => {
    await settled();
    await bench.run([], 'true');
    const [, entries = ''] = readFileSync(memoryFile(), 'utf8').split('\n');
    writeFileSync(memoryFile(), seal(wrong(entries)));
    const { exitCode, stdout, stderr } = await bench.run(['--salt', '1'], 'cat small.txt');
    expect([exitCode, stdout]).toEqual([0, SMALL]);
    expect(stderr).toContain('small.txt changed while it was read: reading it anew');
    const next = await bench.run(['--salt', '2'], 'cat small.txt');
    expect([next.exitCode, next.stdout]).toEqual([0, SMALL]);
    expect(next.stderr).not.toContain('warning');
  });
});

test('a file that changes all the time ends the run, and is named', async () => {
  await bench.run([], 'true');
  const file = join(bench.checkout, 'clock.txt');
  const writer = spawn(
    process.execPath,
    [
      '-e',
      `const fs = require('fs'); const f = process.argv[1]; let n = 0;
       setInterval(() => { fs.writeFileSync(f + '~', 'n' + n++); fs.renameSync(f + '~', f) }, 1)`,
      file,
    ],
    { stdio: 'ignore' },
  );
  try {
    while (!bench.exists('clock.txt')) await new Promise((wait) => setTimeout(wait, 10));
    const { exitCode, stderr } = await bench.run(['--inputs', 'clock.txt'], 'cat clock.txt');
    expect(exitCode).toBe(125);
    expect(stderr).toMatch(/clock\.txt (changed while it was read|keeps changing)/);
    expect(stderr).not.toContain('bug');
  } finally {
    const ended = new Promise((done) => writer.once('exit', done));
    writer.kill();
    await ended;
  }
});
