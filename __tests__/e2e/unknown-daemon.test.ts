import { type ChildProcess, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { identify } from '../../src/process/identity.js';
import { Bench } from './command-line.js';
import { dieAt, environmentOf } from './preload.js';
import { until } from './until.js';

let bench: Bench;
let bystander: ChildProcess | undefined;

beforeEach(() => {
  bench = new Bench({ 'in.txt': 'x' });
});

afterEach(async () => {
  bystander?.kill('SIGKILL');
  bystander = undefined;
  bench.environment = {};
  await bench.dispose();
  for (const pid of daemons()) process.kill(pid, 'SIGKILL');
});

/** The casds of this bench, by the table of processes. */
function daemons(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const argv = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
        return argv.some((word) => word.endsWith('buildbox-casd')) && argv.join(' ').includes(bench.root);
      } catch {
        return false;
      }
    });
}

const state = () => join(bench.cache, 'run/casd.json');

/** As a machine is that kills the command line between the daemon's start and the file that tells of it. */
async function loseOne(): Promise<void> {
  bench.environment = environmentOf(dieAt('writeFile 1 run/casd\\.json'));
  expect((await bench.run(['--salt', 'lost'], 'true')).exitCode).toBe(137);
  bench.environment = {};
  expect([existsSync(state()), daemons().length]).toEqual([false, 1]);
}

describe('a daemon whose starter was killed before it was written down', () => {
  test('is ended by the next run, which has the folder to itself', async () => {
    await loseOne();
    const [lost] = daemons();
    const run = bench.startRun([], 'echo started; sleep 1');
    await run.said('started');
    expect(daemons()).toHaveLength(1);
    expect(daemons()).not.toContain(lost);
    expect((await run.ended).exitCode).toBe(0);
    expect(bench.leftovers()).toEqual([]);
  });

  test('is ended by the next run that names the folder otherwise', async () => {
    await loseOne();
    symlinkSync(bench.cache, join(bench.root, 'by-link'));
    const ended = await bench.start('run', '--cache-dir', join(bench.root, 'by-link'), '--', 'true').ended;
    expect([ended.exitCode, bench.leftovers()]).toEqual([0, []]);
  });

  test('is ended before anything is expired under it', async () => {
    await loseOne();
    expect((await bench.command('cache', 'expire')).exitCode).toBe(0);
    expect(daemons()).toEqual([]);
  });

  test('is told of, and ended by casd stop', async () => {
    await loseOne();
    const told = await bench.command('casd', 'status');
    expect(told).toMatchObject({ exitCode: 1, stdout: expect.stringContaining(`process ${daemons()[0]}`) });
    expect((await bench.command('cache', 'usage')).stdout).toMatch(/^casd .*, running$/m);
    expect((await bench.command('casd', 'stop')).exitCode).toBe(0);
    expect(bench.leftovers()).toEqual([]);
  });
});

describe.each([
  ['gone', () => rmSync(state())],
  ['cut', () => writeFileSync(state(), readFileSync(state(), 'utf8').slice(0, 40))],
  ['of another version', () => writeFileSync(state(), '{"version":99}')],
])('a state file that is %s', (_, damage) => {
  test('does not have a second daemon started', async () => {
    await bench.command('casd', 'start');
    const [first] = daemons();
    damage();
    const run = bench.startRun([], 'echo started; sleep 1');
    await run.said('started');
    expect(daemons()).toHaveLength(1);
    expect(daemons()).not.toContain(first);
    expect((await run.ended).exitCode).toBe(0);
  });

  test('does not let a cache that is in use be expired', async () => {
    await bench.command('casd', 'start');
    damage();
    const { exitCode, stderr } = await bench.command('cache', 'expire');
    expect([exitCode, stderr]).toEqual([125, expect.stringContaining('is used by `casd start`')]);
    expect(daemons()).toHaveLength(1);
  });

  test('does not cost a build that is running', async () => {
    const first = bench.startRun(
      ['--salt', '1'],
      'echo started; until [ -e /tmp/never ]; do sleep 0.1; [ $((i+=1)) -lt 60 ] || break; done',
    );
    await first.said('started');
    const [daemon] = daemons();
    damage();
    const second = bench.startRun(['--salt', '2'], 'echo second');
    expect((await second.ended).stdout).toBe('second\n');
    expect(daemons()).toEqual([daemon]);
    expect((await first.ended).exitCode).toBe(0);
    expect(bench.leftovers()).toEqual([]);
  });
});

test('a forged state file has nothing ended, nothing removed and nobody asked', async () => {
  const precious = join(bench.root, 'buildbox-abcdef');
  mkdirSync(precious);
  writeFileSync(join(precious, 'casd.sock'), 'not a socket');
  bystander = spawn('sleep', ['600']);
  await until(() => identify(bystander?.pid ?? 0) !== undefined);
  mkdirSync(join(bench.cache, 'run'), { recursive: true });
  const forged = {
    version: 1,
    process: identify(bystander.pid ?? 0),
    socket: join(precious, 'casd.sock'),
    socketFolder: precious,
    buildbox: { version: '1', source: 'wheel' },
    quota: 4e9,
  };
  const forge = () => {
    writeFileSync(state(), JSON.stringify(forged));
    writeFileSync(join(bench.cache, 'run/socket-place'), forged.socket);
  };
  forge();
  expect((await bench.command('casd', 'status')).stdout).toBe(`no casd runs on ${bench.cache}\n`);
  expect((await bench.run([], 'cat in.txt')).stdout).toBe('x');
  forge();
  expect((await bench.command('casd', 'stop')).exitCode).toBe(0);
  expect(readFileSync(join(precious, 'casd.sock'), 'utf8')).toBe('not a socket');
  expect(identify(bystander.pid ?? 0)).toEqual(forged.process);
});

test('a daemon of another container is not joined by a second one', async () => {
  await bench.command('casd', 'start');
  const { exitCode, stderr } = await inAnotherContainer();
  expect([exitCode, stderr]).toEqual([
    125,
    expect.stringMatching(/a casd of another container serves .*\n.*`cache-dir` of its own/),
  ]);
  expect(daemons()).toHaveLength(1);
});

/** A run with a table of processes and a network of its own. */
function inAnotherContainer() {
  bench.prefix = ['unshare', '--user', '--map-root-user', '--pid', '--net', '--mount-proc', '--fork'];
  const { ended } = bench.startRun([], 'true');
  bench.prefix = [];
  return ended;
}
