import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Bench } from './command-line.js';
import { until } from './until.js';

let bench: Bench;

beforeEach(() => {
  bench = new Bench({ 'in.txt': 'x' });
});

afterEach(async () => {
  await bench.dispose();
  expect(bench.leftovers()).toEqual([]);
});

interface Status {
  readonly running: boolean;
  readonly socket: string;
  readonly pid: number;
  readonly buildbox: { readonly version: string };
  readonly cache: { readonly size: number; readonly quota: number } | null;
  readonly users: readonly (number | null)[];
}

/** What casd gave the server of the mount to read. */
function inputDigestFile(): string {
  const server = bench.leftovers().find((line) => /^\S*buildbox-fuse /.test(line)) ?? '';
  return /--input-digest=(\S+)/.exec(server)?.[1] ?? 'none';
}

async function status(): Promise<Status> {
  return JSON.parse((await bench.command('casd', 'status', '--json')).stdout) as Status;
}

describe('casd start, status, stop', () => {
  test('starts a daemon that stays, tells of it, and ends it', async () => {
    const started = await bench.command('casd', 'start', '--cache-quota', '3G');
    expect(started).toMatchObject({ exitCode: 0, stderr: '' });
    expect(started.stdout).toMatch(/^unix:\/.*\/casd\.sock\n$/);
    expect(await status()).toMatchObject({
      running: true,
      socket: started.stdout.trim(),
      cache: { quota: 3_000_000_000 },
      users: [null],
    });
    expect((await bench.command('casd', 'status')).stdout).toMatch(/socket .*\nprocess .*\ncache .*of 3 GB/);
    expect((await bench.command('casd', 'stop')).exitCode).toBe(0);
    expect(await bench.command('casd', 'status')).toMatchObject({
      exitCode: 1,
      stdout: `no casd runs on ${bench.cache}\n`,
    });
  });

  test('starting twice is starting once', async () => {
    await bench.command('casd', 'start');
    const { pid } = await status();
    await bench.command('casd', 'start');
    expect((await status()).pid).toBe(pid);
    await bench.command('casd', 'stop');
    expect((await bench.command('casd', 'status')).exitCode).toBe(1);
  });

  test('builds use the one that is there and leave it running', async () => {
    await bench.command('casd', 'start');
    const { pid } = await status();
    expect((await bench.record([], 'cat in.txt')).record.result).toBe('built');
    expect((await bench.record([], 'cat in.txt')).record.result).toBe('hit');
    expect((await status()).pid).toBe(pid);
  });

  test('its environment holds nothing but what it needs', async () => {
    bench.environment = {
      GITHUB_TOKEN: 'canary',
      ACTIONS_RUNTIME_TOKEN: 'canary',
      RUNNER_TRACKING_ID: 'tracked',
    };
    await bench.command('casd', 'start');
    const names = readFileSync(`/proc/${(await status()).pid}/environ`, 'utf8')
      .split('\0')
      .flatMap((line) => (line === '' ? [] : [line.split('=')[0]]));
    expect(names.sort()).toEqual(['PATH', 'RUNNER_TRACKING_ID', 'TMPDIR']);
  });

  test('nobody else gets at its socket', async () => {
    await bench.command('casd', 'start');
    const mode = execFileSync('stat', ['-c', '%a', join(bench.cache, 'run')], { encoding: 'utf8' });
    expect(mode.trim()).toBe('700');
  });
});

describe('cache usage', () => {
  test('tells size against quota, with a daemon and without', async () => {
    const lines = [await bench.command('cache', 'usage'), await bench.command('cache', 'usage', '--json')];
    expect(lines[0]?.stdout).toMatch(/^size +[\d.]+ k?B of 4 GB \(.*%\)$/m);
    expect(JSON.parse(lines[1]?.stdout ?? '')).toMatchObject({ folder: bench.cache, quota: 4_000_000_000 });
    await bench.run([], 'true');
    await bench.command('casd', 'start');
    const { size } = JSON.parse((await bench.command('cache', 'usage', '--json')).stdout) as { size: number };
    expect(size).toBeGreaterThan(0);
  });
});

describe('runs on one cache folder', () => {
  test('at once share one daemon, and the last one out stops it', async () => {
    const runs = ['a', 'b', 'c'].map((name) => bench.startRun(['--salt', name], 'sleep 5; echo done'));
    const seen = new Set<number>();
    const watch = setInterval(() => {
      const state = join(bench.cache, 'run/casd.json');
      if (!existsSync(state)) return;
      try {
        const { process: daemon } = JSON.parse(readFileSync(state, 'utf8')) as { process: { pid: number } };
        seen.add(daemon.pid);
      } catch {
        // Just being replaced.
      }
    }, 5);
    const ended = await Promise.all(runs.map((run) => run.ended));
    clearInterval(watch);
    expect(ended.map(({ exitCode, stdout }) => [exitCode, stdout])).toEqual(runs.map(() => [0, 'done\n']));
    expect(seen.size).toBe(1);
    expect(bench.leftovers()).toEqual([]);
  });

  test('a run that is killed leaves no lock and no lease behind', async () => {
    const killed = bench.startRun([], 'echo started; sleep 60');
    await killed.said('started');
    killed.child.kill('SIGKILL');
    await killed.ended;
    const next = await bench.record(['--salt', 'next'], 'echo fine');
    expect(next.record.result).toBe('built');
    expect((await bench.command('casd', 'status')).exitCode).toBe(1);
    expect(readdirSync(join(bench.cache, 'run/leases'))).toEqual([]);
    expect(bench.leftovers()).toEqual([]);
  });
});

describe('a daemon that is killed', () => {
  test('during a build: the run says so and builds once more, but not twice, and nothing of it stays', async () => {
    const run = bench.startRun([], 'echo started; sleep 60');
    await run.said('started');
    const { pid } = await status();
    process.kill(pid, 'SIGKILL');
    await run.said('building once more');
    await until(async () => {
      const next = await status();
      if (!next.running || next.pid === pid || next.cache === null) return false;
      return process.kill(next.pid, 'SIGKILL');
    });
    const { exitCode, stderr } = await run.ended;
    expect(exitCode).toBe(125);
    expect(stderr).toMatch(/casd ended during the run$/m);
    expect(bench.leftovers()).toEqual([]);
    expect((await bench.record([], 'echo again')).record.result).toBe('built');
  });

  test('with all that works for it: what it wrote for the mount of the inputs goes with the next run', async () => {
    const run = bench.startRun(['--staging', 'fuse'], 'echo started; sleep 60');
    await run.said('started');
    const digest = inputDigestFile();
    process.kill((await status()).pid, 'SIGKILL');
    run.child.kill('SIGKILL');
    await run.ended;
    expect(existsSync(digest)).toBe(true);
    await bench.run([], 'echo again');
    expect(existsSync(digest)).toBe(false);
  });

  test('between runs: the next one starts its own', async () => {
    await bench.command('casd', 'start');
    process.kill((await status()).pid, 'SIGKILL');
    expect((await bench.record([], 'echo fine')).record.result).toBe('built');
  });
});

describe('a daemon that is silent', () => {
  async function silence(): Promise<number> {
    await bench.command('casd', 'start');
    const { pid } = await status();
    process.kill(pid, 'SIGSTOP');
    return pid;
  }

  test('is told by casd status', async () => {
    const pid = await silence();
    expect(await bench.command('casd', 'status')).toMatchObject({
      exitCode: 1,
      stdout: expect.stringContaining(`process ${pid}, does not answer`) as unknown,
      stderr: '',
    });
    expect(JSON.parse((await bench.command('casd', 'status', '--json')).stdout)).toEqual({
      running: true,
      pid,
      cache: null,
    });
  });

  test('is ended by casd stop', async () => {
    await silence();
    expect((await bench.command('casd', 'stop')).exitCode).toBe(0);
    expect(bench.leftovers()).toEqual([]);
  });

  test('is ended for one that answers', async () => {
    const pid = await silence();
    expect((await bench.run([], 'cat in.txt')).stdout).toBe('x');
    await bench.command('casd', 'start');
    expect((await status()).pid).not.toBe(pid);
  });
});

describe('a cache folder', () => {
  test('with a path too long for a socket works, and its socket goes with its daemon', async () => {
    const deep = join(bench.root, ...Array.from({ length: 12 }, () => 'a-long-folder-name'));
    const { stdout } = await bench.start('casd', 'start', '--cache-dir', deep).ended;
    const socket = stdout.trim().replace(/^unix:/, '');
    expect(existsSync(socket)).toBe(true);
    expect((await bench.start('run', '--cache-dir', deep, '--', 'cat', 'in.txt').ended).stdout).toBe('x');
    await bench.start('casd', 'stop', '--cache-dir', deep).ended;
    expect(existsSync(join(socket, '..'))).toBe(false);
  });

  test('inside the checkout is no input', async () => {
    const flags = ['run', '--cache-dir', 'the-cache', '--json', '--', 'ls'];
    expect((await bench.start(...flags).ended).stderr).toMatch(/^in\.txt$/m);
    expect(JSON.parse((await bench.start(...flags).ended).stdout)).toMatchObject({ result: 'hit' });
  });

  test('below a file is a mistake that names it', async () => {
    bench.write('occupied-file', '');
    const { exitCode, stderr } = await bench.start(
      'run',
      '--cache-dir',
      join(bench.checkout, 'occupied-file/cache'),
      '--',
      'true',
    ).ended;
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/cache-dir: ".*occupied-file\/cache" is not usable. There is a file/);
  });
});

describe('a cache that is full', () => {
  test('is a fault that says what to raise', async () => {
    const { exitCode, stderr } = await bench.run(['--cache-quota', '1'], 'true');
    expect(exitCode).toBe(125);
    expect(stderr).toMatch(/the local cache is full/);
    expect(stderr).toMatch(/Raise `cache-quota`/);
  });
});
