import { existsSync, mkdirSync, readdirSync, rmdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { FaultyProxy } from '../remote/faulty-proxy.js';
import { Bench } from './command-line.js';
import type { RemoteRecord } from './remote-scene.js';
import { digestOf } from '../../src/reapi/digest.js';
import { RELEASE, RootFileSystem } from './root-file-system.js';

const server = new Bench();
const image = new RootFileSystem();
let address: string;
/** `cas:HASH/SIZE` of the image, which only the server has. */
let rootfs: string;
const machines: Bench[] = [];

beforeAll(async () => {
  await server.run([], 'true');
  address = (await server.command('casd', 'start')).stdout.trim();
  rootfs = await image.capture(address);
});

afterAll(async () => {
  for (const machine of machines) {
    await machine.dispose();
    expect(machine.leftovers()).toEqual([]);
  }
  await server.dispose();
  image.remove();
});

function freshMachine(): Bench {
  const machine = new Bench({ 'in.txt': 'hello\n' });
  machines.push(machine);
  return machine;
}

function flags(...more: readonly string[]): readonly string[] {
  return ['--remote', address, '--latency-budget', '5s', '--shell', 'sh', '--rootfs', rootfs, ...more];
}

const LIST = 'cat in.txt; ls /; cat /etc/passwd /etc/release; cp in.txt out.txt';

test('a build finds the root file system that its digest names, and nothing of this machine', async () => {
  const machine = freshMachine();
  const { exitCode, stdout, stderr } = await machine.run(flags('--outputs', 'out.txt'), LIST);
  expect(`${exitCode} ${stderr}`).toMatch(/^0 /);
  const [greeting, ...rest] = stdout.split('\n');
  expect(greeting).toBe('hello');
  const names = readdirSync(image.path);
  const own = ['dev', 'home', 'proc', 'tmp', 'workspace'];
  expect(rest.slice(0, names.length + own.length)).toEqual([...new Set([...names, ...own])].sort());
  expect(stdout).toContain('of the image');
  expect(stdout).toContain('a small one');
  expect(machine.read('out.txt')).toBe('hello\n');
  expect(stderr).toMatch(/ {2}remote +.* was there; fetched \d+ blobs, [\d.]+ MB/);
});

describe('on machines that have nothing', () => {
  test('the digest of the action is the same, and the second has a hit that fetches nothing of it', async () => {
    const first = await freshMachine().record(flags('--salt', 'shared', '--outputs', 'out.txt'), LIST);
    expect(first.record.result).toBe('built');
    expect(first.record.toolchain.rootfs).toBe(rootfs);
    expect(first.record.timings.rootfs).toBeGreaterThan(0);
    const second = freshMachine();
    const hit = await second.record(flags('--salt', 'shared', '--outputs', 'out.txt'), LIST);
    expect(hit.record).toMatchObject({ hitFrom: 'remote', actionDigest: first.record.actionDigest });
    expect(hit.record.timings.rootfs).toBeUndefined();
    expect(existsSync(join(second.cache, 'casd'))).toBe(false);
  });

  test('without the remote it is an error that says what to do', async () => {
    const { exitCode, stderr } = await freshMachine().run(['--rootfs', rootfs], 'true');
    expect(exitCode).toBe(125);
    expect(stderr).toContain(`the root file system ${rootfs} is not, or not as a whole, in the local cache`);
    expect(stderr).toContain('`remote`');
  });

  test('so it is where the remote is not there', async () => {
    const { exitCode, stderr } = await freshMachine().run(
      ['--remote', 'grpc://127.0.0.1:1', '--rootfs', rootfs],
      'true',
    );
    expect(exitCode).toBe(125);
    expect(stderr).toContain(
      `the root file system ${rootfs} is not in the local cache, and the remote cannot`,
    );
  });

  test('so it is where the remote does not have it', async () => {
    const unknown = `cas:${'0'.repeat(64)}/123`;
    const { exitCode, stderr } = await freshMachine().run(flags('--rootfs', unknown), 'true');
    expect(exitCode).toBe(125);
    expect(stderr).toContain(`the root file system ${unknown} cannot be had`);
    expect(stderr).toContain('is missing');
  });
});

describe('a machine that has built in it', () => {
  let machine: Bench;
  beforeAll(async () => {
    machine = freshMachine();
    await machine.run(flags('--salt', 'first'), 'true');
  });

  test('builds in it without the remote', async () => {
    const { record } = await machine.record(['--shell', 'sh', '--rootfs', rootfs], 'cat in.txt');
    expect(record).toMatchObject({ result: 'built', exitCode: 0 });
  });

  test('fetches what has gone of it since, and no more', async () => {
    await machine.command('casd', 'stop');
    const lost = digestOf(Buffer.from(RELEASE)).hash;
    const objects = join(machine.cache, 'casd/cas/objects');
    rmSync(join(objects, lost.slice(0, 2), lost.slice(2)));
    const { exitCode, record } = await machine.record(flags('--salt', 'again'), 'cat in.txt');
    expect(exitCode).toBe(0);
    expect((record as RemoteRecord).remote).toMatchObject({ fetched: { blobs: 1 } });
  });
});

/** What bubblewrap did before 0.12.0, as CVE-2026-87766 tells: it followed a link on the way to a mount point that it makes. */
test('no link of the image leads a mount point out of it', async () => {
  const machine = freshMachine();
  const victim = join(machine.root, 'victim');
  mkdirSync(victim);
  const astray = new RootFileSystem();
  try {
    for (const name of ['home', 'dev', 'proc', 'tmp', 'workspace', 'srv']) {
      rmSync(join(astray.path, name), { recursive: true, force: true });
      symlinkSync(victim, join(astray.path, name));
    }
    const digest = await astray.capture(address);
    const flagsOf = (...more: readonly string[]) => [...flags(...more), '--rootfs', digest];
    const { exitCode, stdout } = await machine.run(flagsOf(), 'echo x > ~/x && ls -d ~ /dev/shm');
    expect([exitCode, stdout]).toEqual([0, '/dev/shm\n/home/build\n']);

    const shown = join('/srv', 'shown');
    mkdirSync(shown, { recursive: true });
    const refused = await machine.run(flagsOf('--host-paths', shown), 'true');
    rmdirSync(shown);
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toContain('The root file system has a symlink there');
    expect(readdirSync(victim)).toEqual([]);
  } finally {
    astray.remove();
  }
});

test('a remote that stops while it is fetched ends the run, and leaves nothing half-written', async () => {
  const proxy = new FaultyProxy(address);
  await proxy.start();
  // Two folders are read to name the action: what comes then are files.
  proxy.fault = (method, call) => (method === 'BatchReadBlobs' && call > 2 ? { kind: 'silent' } : undefined);
  const machine = freshMachine();
  const { exitCode, stderr } = await machine.run(flags('--remote', proxy.address, '--salt', 'cut'), 'true');
  proxy.stop();
  expect(exitCode).toBe(125);
  expect(stderr).toContain('the remote cannot be used');
  expect(readdirSync(join(machine.cache, 'kept/scratch'))).toEqual([]);
});

describe('its accounts', () => {
  const accounts = 'cat /etc/passwd /etc/group';

  test('stay, and the user of the build is added where it has no name', async () => {
    const { stdout } = await freshMachine().run(flags('--salt', 'accounts'), accounts);
    expect(stdout).toBe(
      'root:x:0:0:of the image:/root:/bin/sh\nbuild:x:1000:1000:build:/home/build:/bin/sh\nbuild:x:1000:\nroot:x:0:\nnogroup:x:65534:\n',
    );
    const known = await freshMachine().run(flags('--salt', 'accounts', '--user', '0:0'), accounts);
    expect(known.stdout).toBe('root:x:0:0:of the image:/root:/bin/sh\nroot:x:0:\nnogroup:x:65534:\n');
  });

  test('are not looked for where a link of the image leads out of it', async () => {
    const linked = new RootFileSystem();
    rmSync(join(linked.path, 'etc/passwd'));
    symlinkSync('/etc/shadow', join(linked.path, 'etc/passwd'));
    const other = await linked.capture(address);
    linked.remove();
    const script = 'cat /etc/passwd || echo none';
    const { exitCode, stdout } = await freshMachine().run(flags('--rootfs', other), script);
    expect([exitCode, stdout]).toEqual([0, 'none\n']);
  });
});

describe('what the host adds', () => {
  test('is shown where the image has a place for it', async () => {
    const shown = freshMachine();
    const { stdout, exitCode, stderr } = await shown.run(
      flags('--host-paths', '/usr/share/misc', '--network', 'on'),
      'ls /usr/share/misc; cat /etc/resolv.conf /etc/hosts',
    );
    expect(`${exitCode} ${stderr}`).toMatch(/^0 /);
    expect(stdout).toContain('127.0.0.1 localhost');
  });

  test('is refused where the image has something else', async () => {
    image.write('usr/share', 'a file');
    const other = await image.capture(address);
    const { exitCode, stderr } = await freshMachine().run(
      flags('--rootfs', other, '--host-paths', '/usr/share/misc'),
      'true',
    );
    expect(exitCode).toBe(2);
    expect(stderr).toContain('host-paths: "/usr/share" is not usable. The root file system has a file there');
  });
});

describe('kept between runs', () => {
  const place = new Bench();
  const kept = ['--cache', `folder:${place.checkout}`, '--cache-key', 'rootfs', '--shell', 'sh'];
  const script = 'cat in.txt; cp in.txt out.txt';
  const build = (machine: Bench, ...more: readonly string[]) =>
    machine.record([...kept, '--rootfs', rootfs, '--outputs', 'out.txt', ...more], script);
  machines.push(place);

  beforeAll(async () => {
    const { record } = await build(freshMachine(), '--remote', address, '--latency-budget', '5s');
    expect(record).toMatchObject({ result: 'built', cache: { save: { kept: { results: 1, trees: 1 } } } });
  });

  test('it names the action on a machine that has nothing, for a hit', async () => {
    const machine = freshMachine();
    const { record } = await build(machine);
    expect(record).toMatchObject({ hitFrom: 'cache' });
    expect(record.cache.restored).toBeLessThan(100_000);
    expect(machine.read('out.txt')).toBe('hello\n');
  });

  test('it is there for another build, without a remote', async () => {
    const machine = freshMachine();
    const { record } = await build(machine, '--salt', 'another');
    expect(record).toMatchObject({ result: 'built', exitCode: 0 });
    expect(record.cache.restored).toBeGreaterThan(1_000_000);
  });

  test('what is damaged of it comes from the remote', async () => {
    const packs = place.list().filter((name) => name.includes('-pack-'));
    for (const pack of packs) place.write(pack, 'garbage');
    const { record } = await build(freshMachine(), '--salt', 'damaged', '--remote', address);
    expect(record).toMatchObject({ result: 'built', exitCode: 0 });
  });
});

test('what was built is pushed with all that it takes to build it elsewhere', async () => {
  const other = new Bench();
  machines.push(other);
  await other.run([], 'true');
  const elsewhere = (await other.command('casd', 'start')).stdout.trim();
  const machine = freshMachine();
  await machine.run(flags('--salt', 'to give'), 'true');
  const { record } = await machine.record(
    ['--remote', elsewhere, '--latency-budget', '5s', '--shell', 'sh', '--rootfs', rootfs],
    'ls /',
  );
  expect((record as RemoteRecord).remote.pushed?.bytes).toBeGreaterThan(1e6);
  const third = await freshMachine().record(
    ['--remote', elsewhere, '--latency-budget', '5s', '--shell', 'sh', '--rootfs', rootfs, '--salt', 'x'],
    'ls /',
  );
  expect(third.record).toMatchObject({ result: 'built', exitCode: 0 });
});
