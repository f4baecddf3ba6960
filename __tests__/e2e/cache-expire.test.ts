import { once } from 'node:events';
import { existsSync, readdirSync, statSync, utimesSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { cacheFolder } from '../../src/local/folder.js';
import { resultPath } from '../../src/local/layout.js';
import { readStoredContents } from '../../src/local/stored-contents.js';
import { parseDigest } from '../../src/reapi/digest.js';
import { FaultyProxy } from '../remote/faulty-proxy.js';
import { Bench, type BuildRecord } from './command-line.js';
import { dieAt, environmentOf } from './preload.js';

const DAY = 86_400_000;
const MEGABYTE = 1_000_000;

/** A real casd plays the remote. */
let server: Bench;
let proxy: FaultyProxy;

beforeAll(async () => {
  server = new Bench();
  proxy = new FaultyProxy((await server.command('casd', 'start')).stdout.trim());
  await proxy.start();
});

afterAll(async () => {
  proxy.stop();
  await server.dispose();
});

let machines: Bench[];
let salt = 0;

beforeEach(() => {
  machines = [];
  salt++;
});

afterEach(async () => {
  for (const machine of machines) {
    await machine.dispose();
    expect(machine.leftovers()).toEqual([]);
  }
});

function freshMachine(): Bench {
  const machine = new Bench({ 'in.txt': 'x' });
  machines.push(machine);
  return machine;
}

/** Builds a result of one megabyte that only this test and this name have. */
async function build(machine: Bench, name: string, ...flags: string[]): Promise<BuildRecord> {
  const script = `echo ${name}-${salt} > out; head -c ${MEGABYTE} /dev/zero | tr '\\0' '${name[0] ?? ''}' >> out`;
  const { record, stderr } = await machine.record(['--outputs', 'out', ...flags], script);
  expect([record.exitCode, stderr]).toEqual([0, expect.anything()]);
  return record;
}

/** Has the result been used last so long ago. */
function age(machine: Bench, record: BuildRecord, days: number): void {
  const when = new Date(Date.now() - days * DAY);
  utimesSync(entryOf(machine, record), when, when);
}

function entryOf(machine: Bench, { actionDigest }: BuildRecord): string {
  const digest = parseDigest(actionDigest);
  if (digest === undefined) throw new Error(actionDigest);
  return join(machine.cache, 'casd', resultPath(digest));
}

interface Expired {
  readonly before: number;
  readonly after: number;
  readonly went: Readonly<Record<string, { readonly results: number; readonly bytes: number }>>;
  readonly wentDead: Readonly<Record<string, { readonly blobs: number }>>;
  readonly stayed: Readonly<Record<string, { readonly results: number }>>;
  readonly remote: { readonly status: string; readonly pushed: { readonly results: number } } | null;
}

async function expire(machine: Bench, ...flags: string[]): Promise<Expired> {
  const { exitCode, stdout, stderr } = await machine.command('cache', 'expire', '--json', ...flags);
  expect([exitCode, stderr.includes('error')]).toEqual([0, false]);
  return JSON.parse(stdout) as Expired;
}

interface Usage {
  readonly size: number;
  readonly quota: number;
  readonly running: boolean;
  readonly casd: { readonly size: number; readonly quota: number };
  readonly results: number;
  readonly incomplete: number;
  readonly live: { readonly bytes: number };
  readonly dead: { readonly blobs: number };
  readonly own: { readonly memory: number };
  readonly oldest: { readonly expiresAt: string } | null;
}

async function usage(machine: Bench, ...flags: string[]): Promise<Usage> {
  return JSON.parse((await machine.command('cache', 'usage', '--json', ...flags)).stdout) as Usage;
}

/** Every file of casd's folder with its size and time. */
function snapshot(machine: Bench): string[] {
  const folder = join(machine.cache, 'casd');
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => {
      const { size, mtimeMs } = statSync(join(folder, path));
      return `${path} ${size} ${mtimeMs}`;
    })
    .sort();
}

/** Two results, of which the first was used three days ago. */
async function twoResults(machine: Bench, ...flags: string[]): Promise<BuildRecord> {
  const old = await build(machine, 'old', ...flags);
  await build(machine, 'new', ...flags);
  age(machine, old, 3);
  return old;
}

const remoteFlags = (...more: string[]) => ['--remote', proxy.address, ...more];

describe('cache usage', () => {
  test('reads the folder, and starts no daemon for it', async () => {
    const machine = freshMachine();
    expect(await usage(machine)).toMatchObject({ size: 0, quota: 4e9, results: 0, oldest: null });
    expect(existsSync(machine.cache)).toBe(false);

    const record = await build(machine, 'one');
    const found = await usage(machine, '--cache-quota', '10M');
    expect(found).toMatchObject({ running: false, results: 1, incomplete: 0, quota: 10 * MEGABYTE });
    expect(found.live.bytes).toBeGreaterThan(MEGABYTE);
    expect(found.live.bytes).toBeLessThan(1.01 * MEGABYTE);
    expect(found.dead.blobs).toBeGreaterThan(3);
    expect(found.casd).toEqual({
      size: record.cache.size,
      quota: 10 * MEGABYTE - (found.size - record.cache.size),
    });
    expect(Date.parse(found.oldest?.expiresAt ?? '') - Date.now()).toBeGreaterThan(13.9 * DAY);

    const { stdout } = await machine.command('cache', 'usage');
    expect(stdout).toMatch(/^size +1\.\d+ MB of 4 GB \(< 1 %\)$/m);
    expect(stdout).toMatch(/^oldest +used .* ago, goes in 14 days if nobody uses it$/m);
    expect(existsSync(join(machine.cache, 'run/casd.json'))).toBe(false);
  });

  test('asks a daemon that runs', async () => {
    const machine = freshMachine();
    await machine.command('casd', 'start', '--cache-quota', '1G');
    await build(machine, 'one', '--cache-quota', '1G');
    const { running, casd } = await usage(machine);
    expect(running).toBe(true);
    expect(casd.size).toBeGreaterThan(MEGABYTE);
    expect(casd.quota).toBe(1e9);
  });
});

test('the folder that a real casd made is read as it is', async () => {
  const machine = freshMachine();
  const { record } = await machine.record(
    ['--outputs', 'out', '--outputs', 'single', '--outputs', 'link'],
    'echo said; mkdir -p out/deep; echo a > out/deep/a; echo b > out/b; echo c > single; ln -s single link',
  );
  const { entries, blobs } = await readStoredContents(
    cacheFolder(machine.cache),
    new AbortController().signal,
  );
  const [entry] = entries;
  expect(entries).toHaveLength(1);
  expect(entry).toMatchObject({ hash: parseDigest(record.actionDigest)?.hash, complete: true });
  expect(entry?.recipe).toHaveLength(2);
  expect(entry?.blobs).toHaveLength(5); // a, b, single, the tree, stdout.
  expect([...blobs.values()].reduce((sum, { size }) => sum + size, 0)).toBe(record.cache.size);
});

describe('cache expire', () => {
  test('lets go of what nobody used for cache-max-age, and of nothing else', async () => {
    const machine = freshMachine();
    const old = await build(machine, 'old');
    const recent = await build(machine, 'recent');
    age(machine, old, 15);
    age(machine, recent, 13);
    const before = await usage(machine);
    const { went, stayed } = await expire(machine);
    expect(went).toEqual({ unused: { results: 1, bytes: expect.any(Number) } });
    expect(went.unused?.bytes).toBeGreaterThan(MEGABYTE);
    expect(stayed).toMatchObject({ fits: { results: 1 } });
    const left = await usage(machine);
    expect(left.casd.size).toBeLessThan(before.casd.size - MEGABYTE);
    expect((await build(machine, 'recent')).result).toBe('hit');
    const again = await build(machine, 'old');
    expect(again.result).toBe('built');
    expect(again.cache.size).toBeGreaterThan(left.casd.size + MEGABYTE); // casd counts from what it was told.
    expect(again.cache.size).toBeLessThan(left.casd.size + 1.1 * MEGABYTE);
    expect((await expire(machine, '--cache-max-age', '1ms')).went).toMatchObject({ unused: { results: 2 } });
    expect((await usage(machine)).results).toBe(0);
  });

  test('without a remote gets down to the size, the oldest first; the newest stays', async () => {
    const machine = freshMachine();
    await twoResults(machine);
    const { went, wentDead, after } = await expire(machine, '--to', '1500K');
    expect(went).toMatchObject({ space: { results: 1 } });
    expect(wentDead).toMatchObject({ space: { blobs: expect.any(Number) } });
    expect(after).toBeLessThan(1.5 * MEGABYTE);
    expect((await expire(machine, '--to', '1')).stayed).toMatchObject({ newest: { results: 1 } });
    expect((await build(machine, 'new')).result).toBe('hit');
    const { stdout } = await machine.command('cache', 'expire');
    expect(stdout).toMatch(/^freed 0 B of 1 MB; 1 MB of 4 GB \(< 1 %\) stay$/m);
  });

  test('a dry run tells, and touches nothing', async () => {
    const machine = freshMachine();
    await twoResults(machine);
    const before = snapshot(machine);
    const pushes = proxy.calls.UpdateActionResult ?? 0;
    const told = await expire(machine, '--dry-run', '--to', '1500K', ...remoteFlags());
    expect(told.went).toMatchObject({ pushed: { results: 1 } });
    expect(snapshot(machine)).toEqual(before);
    expect(proxy.calls.UpdateActionResult ?? 0).toBe(pushes);
    await machine.command('casd', 'start');
    const { stdout, exitCode } = await machine.command('cache', 'expire', '--dry-run', '--to', '1500K');
    expect([exitCode, stdout]).toEqual([
      0,
      expect.stringMatching(/^would free 1\.?\d* MB of 2\.?\d* MB; 1 MB of 4 GB/),
    ]);
  });

  test('lets go first of what the remote has, which is then a hit from there', async () => {
    const machine = freshMachine();
    const lacking = await build(machine, 'lacking');
    age(machine, lacking, 4);
    await twoResults(machine, ...remoteFlags());
    const { went, remote } = await expire(machine, '--to', '2900K', ...remoteFlags());
    expect(went).toEqual({ 'remote-has': { results: 1, bytes: expect.any(Number) } });
    expect(remote).toMatchObject({ status: 'answered', pushed: { results: 0 } });
    expect((await build(machine, 'lacking')).result).toBe('hit');
    expect(await build(machine, 'old', ...remoteFlags())).toMatchObject({ result: 'hit', hitFrom: 'remote' });
  });

  test('gives the remote first what it lacks', async () => {
    const machine = freshMachine();
    await twoResults(machine);
    const { went, remote } = await expire(machine, '--to', '1500K', ...remoteFlags());
    expect(went).toMatchObject({ pushed: { results: 1 } });
    expect(remote).toMatchObject({ status: 'answered', pushed: { results: 1 } });
    expect((await build(machine, 'old')).result).toBe('built');
    expect(await build(freshMachine(), 'old', ...remoteFlags())).toMatchObject({ hitFrom: 'remote' });
  });

  test('keeps what the remote lacks and may not be given, as long as the quota allows', async () => {
    const machine = freshMachine();
    await twoResults(machine);
    const pushes = proxy.calls.UpdateActionResult ?? 0;
    const never = remoteFlags('--push', 'never', '--to', '1500K');
    expect((await expire(machine, ...never)).stayed).toMatchObject({ 'only-here': { results: 1 } });
    const { stdout } = await machine.command('cache', 'expire', ...never);
    expect(stdout).toMatch(
      /stays +1 result +1 MB +the remote lacks them and may not be given them: push is `never`$/m,
    );
    expect((await build(machine, 'old')).result).toBe('hit');
    const tight = await expire(machine, ...never, '--cache-quota', '2M');
    expect(tight.went).toMatchObject({ 'over-quota': { results: 1 } });
    expect(proxy.calls.UpdateActionResult ?? 0).toBe(pushes);
  });

  test('keeps what the remote refuses', async () => {
    const machine = freshMachine();
    await twoResults(machine);
    proxy.fault = (method) =>
      method === 'BatchUpdateBlobs' || method === 'Write' ? { kind: 'error', code: 9 } : undefined;
    try {
      const { stayed } = await expire(machine, '--to', '1500K', ...remoteFlags());
      expect(stayed).toMatchObject({ 'only-here': { results: 1 } });
    } finally {
      proxy.fault = () => undefined;
    }
  });

  test('goes on as without a remote where it is dead, unless that was not wanted', async () => {
    const machine = freshMachine();
    await twoResults(machine);
    const dead = ['--remote', 'grpc://127.0.0.1:1', '--to', '1500K'];
    const { exitCode, stderr } = await machine.command(
      'cache',
      'expire',
      ...dead,
      '--on-unavailable',
      'fail',
    );
    expect([exitCode, stderr]).toEqual([125, expect.stringContaining('on-unavailable')]);
    const { went, remote } = await expire(machine, ...dead);
    expect(went).toMatchObject({ space: { results: 1 } });
    expect(remote).toMatchObject({ status: 'unavailable' });
  });

  test('changes nothing while somebody uses the daemon, and says who', async () => {
    const machine = freshMachine();
    await twoResults(machine);
    await machine.command('casd', 'start');
    const before = snapshot(machine);
    const { exitCode, stderr } = await machine.command('cache', 'expire', '--to', '1');
    expect(exitCode).toBe(125);
    expect(stderr).toMatch(/is used by `casd start`: nothing was changed\n.*`buildbox-ci casd stop`/);
    expect(snapshot(machine)).toEqual(before);
  });

  test('beside a build that runs and saves changes nothing, says who runs, and lets go afterwards', async () => {
    const machine = freshMachine();
    const old = await build(machine, 'old');
    age(machine, old, 15);
    const gate = createServer();
    const port = await new Promise<number>((resolve) =>
      gate.listen(0, '127.0.0.1', () => resolve((gate.address() as AddressInfo).port)),
    );
    try {
      const wait = `bash -c 'cat < /dev/tcp/127.0.0.1/${port}' > out`;
      const keeping = ['--cache', `folder:${join(machine.root, 'kept')}`, '--outputs', 'out'];
      const reached = once(gate, 'connection') as Promise<[Socket]>;
      const running = machine.startRun(['--network', 'on', '--json', ...keeping], wait);
      const [held] = await reached;
      const refused = await machine.command('cache', 'expire');
      expect([refused.exitCode, refused.stdout]).toEqual([125, '']);
      expect(refused.stderr).toContain(`is used by process ${running.child.pid}: nothing was changed`);
      expect((await expire(machine, '--dry-run')).went).toMatchObject({ unused: { results: 1 } });
      expect(existsSync(entryOf(machine, old))).toBe(true);
      held.end('released');
      const { exitCode, stdout } = await running.ended;
      const record = JSON.parse(stdout) as BuildRecord & { cache: { save: unknown } };
      expect([exitCode, machine.read('out')]).toEqual([0, 'released']);
      expect(record).toMatchObject({ result: 'built', cache: { save: { results: 1, problem: null } } });
      expect(await expire(machine)).toMatchObject({
        went: { unused: { results: 1 } },
        stayed: { fits: { results: 1 } },
      });
      expect((await machine.record(['--network', 'on', ...keeping], wait)).record.result).toBe('hit');
    } finally {
      gate.close();
    }
  });

  test('and builds that come at the same time wait for each other, and none of them fails', async () => {
    const machine = freshMachine();
    await twoResults(machine);
    const names = ['old', 'new', 'third', 'fourth'];
    const [builds, expiries] = await Promise.all([
      Promise.all(names.map((name) => build(machine, name))),
      Promise.all(['1', '1500K', '1'].map((to) => machine.command('cache', 'expire', '--to', to))),
    ]);
    expect(builds.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 0]);
    for (const { exitCode, stdout, stderr } of expiries) {
      expect(exitCode === 0 ? stdout : stderr).toMatch(exitCode === 0 ? /^freed / : /nothing was changed/);
    }
    expect(await usage(machine)).toMatchObject({ running: false, incomplete: 0 });
    for (const name of names) {
      await build(machine, name);
      expect(machine.read('out')).toMatch(new RegExp(`^${name}-${salt}\\n`));
      expect((await build(machine, name)).result).toBe('hit');
    }
    const { casd, live, dead } = (await usage(machine)) as Usage & { dead: { bytes: number } };
    expect(casd.size).toBe(live.bytes + dead.bytes); // casd counts what is there.
  });

  test('killed in the middle leaves a folder that works', async () => {
    const machine = freshMachine();
    const flags = ['--outputs', 'out'];
    const many = 'mkdir out; for i in $(seq 600); do echo $i > out/$i; done';
    const first = await machine.record(flags, many);
    await build(machine, 'second');
    age(machine, first.record, 15);
    machine.environment = environmentOf(dieAt('unlinkSync 300 /casd/'));
    expect((await machine.command('cache', 'expire')).exitCode).toBe(137);
    machine.environment = {};
    expect(existsSync(entryOf(machine, first.record))).toBe(false);
    const left = await usage(machine);
    expect(left).toMatchObject({ results: 1, incomplete: 0 });
    expect(left.dead.blobs).toBeGreaterThan(50); // It was killed before all of them were gone.
    expect((await build(machine, 'second')).result).toBe('hit');
    const again = await machine.record(flags, many);
    expect(again.record.result).toBe('built');
    expect(again.record.cache.size).toBe((await usage(machine)).casd.size);
  });

  test.each([
    [['--to', 'little'], /to: "little" is not usable/],
    [['--cache-max-age', 'old'], /cache-max-age: /],
    [['--run', 'true'], /unknown option/],
  ])('mistakes in the call end with 2: %j', async (words, message) => {
    const { exitCode, stderr } = await freshMachine().command('cache', 'expire', ...words);
    expect([exitCode, stderr]).toEqual([2, expect.stringMatching(message)]);
  });
});
