import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Bench } from './command-line.js';
import { canMount, mountDisk, testOnDisk, unmountDisk } from './memory-disk.js';

/** Linux' number for FUSE (statfs(2)). */
const FUSE = '65735546';
const EXT4 = 0xef53;
const KIND = 'stat -f -c %t . ~ "$TMPDIR"';
const isRoot = process.getuid?.() === 0;
/** An ordinary user may mount, but not where /dev/fuse is root's alone. */
const canStage = existsSync('/dev/fuse') && isRoot;
const describeMounted = canStage ? describe : describe.skip;
const inNamespace = (script: string) => ['unshare', '--mount', 'sh', '-c', `${script} && exec "$@"`, 'sh'];
const WITHOUT_FUSE = inNamespace('mount --bind /dev/null /dev/fuse && mount -o remount,bind,nodev /dev/fuse');
/** It can be opened, and is another device. */
const WITH_ANOTHER_DEVICE = inNamespace('mount --bind /dev/null /dev/fuse');

let bench: Bench;
const disk = () => join(bench.root, 'disk');

beforeEach(() => {
  bench = new Bench({ 'in.txt': 'x', 'tool.sh': 'echo tool\n' });
});
afterEach(async () => {
  bench.prefix = [];
  unmountDisk(disk());
  await bench.dispose();
  expect(bench.leftovers()).toEqual([]);
});

/** More than are copied, all of one content. */
function writeMany(): void {
  for (let i = 0; i < 201; i++) {
    const folder = join(bench.checkout, `many-${i}`);
    mkdirSync(folder);
    for (let j = 0; j < 100; j++) writeFileSync(join(folder, `${j}`), '');
  }
}

const mountsOf = () =>
  readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => line.includes(bench.cache));

describe('few inputs', () => {
  test('are copied, and nothing is mounted on this machine', async () => {
    const run = bench.startRun(['--json'], `${KIND}; echo started >&2; sleep 1`);
    await run.said('started');
    expect(mountsOf()).toEqual([]);
    const { stdout, stderr } = await run.ended;
    expect(JSON.parse(stdout)).toMatchObject({ staging: 'copy', stagingReason: '2 files, 11 B' });
    expect(stderr).not.toContain(FUSE);
  });
});

/** ext4 alone has the attribute, and lsattr is of its tools. */
const isOnExt4 =
  statfsSync(tmpdir()).type === EXT4 &&
  spawnSync('lsattr', ['-d', tmpdir()], { stdio: 'ignore' }).status === 0;

(isOnExt4 ? test : test.skip)('each copy is made in another part of the disk than the last one', async () => {
  await bench.run([], 'true');
  const folders = ['casd/cas/staging', 'run/work'].map((name) => join(bench.cache, name));
  const listed = spawnSync('lsattr', ['-d', ...folders])
    .stdout.toString()
    .trim()
    .split('\n');
  expect(listed.map((line) => line.split(' ')[0]?.includes('T'))).toEqual([true, true]);
});

describeMounted('many inputs', () => {
  test('are mounted, and home and scratch are not; without FUSE they are copied, and a line says why', async () => {
    writeMany();
    const mounted = await bench.record([], `${KIND}; ls | wc -l; echo x >> in.txt`);
    expect(mounted.record).toMatchObject({
      exitCode: 0,
      staging: 'fuse',
      stagingReason: '20102 files, 11 B',
    });
    const kinds = mounted.stderr.split('\n').filter((line) => /^[0-9a-f]{3,8}$/.test(line));
    expect([kinds[0], kinds.slice(1).includes(FUSE)]).toEqual([FUSE, false]);
    expect(mounted.stderr).toContain('\n203\n');
    bench.prefix = WITHOUT_FUSE;
    const copied = await bench.record(['--salt', '2'], KIND);
    const stagingReason = '/dev/fuse is not readable and writable for uid 0';
    expect(copied.record).toMatchObject({ exitCode: 0, staging: 'copy', stagingReason });
    bench.prefix = WITH_ANOTHER_DEVICE;
    const other = await bench.record(['--salt', '3'], KIND);
    expect(other.record).toMatchObject({ exitCode: 0, staging: 'copy' });
    expect(other.stderr).toMatch(/warning: the inputs could not be mounted \(.*\): copying them/);
  });
});

describeMounted('`fuse`', () => {
  test('mounts few inputs too, but neither home nor scratch', async () => {
    const { record, stderr } = await bench.record(['--staging', 'fuse'], KIND);
    expect(record).toMatchObject({ staging: 'fuse', stagingReason: '`staging` says so' });
    const kinds = stderr.split('\n').filter((line) => /^[0-9a-f]{3,8}$/.test(line));
    expect([kinds.length, kinds.indexOf(FUSE), kinds.lastIndexOf(FUSE)]).toEqual([3, 0, 0]);
  });

  test('that cannot be had is an error with its cause, and nothing is built', async () => {
    bench.prefix = WITHOUT_FUSE;
    const { exitCode, stdout, stderr } = await bench.run(['--staging', 'fuse'], 'echo built');
    expect([exitCode, stdout]).toEqual([125, '']);
    expect(stderr).toMatch(
      /error: the inputs cannot be mounted: \/dev\/fuse is not .*\n.*`staging` set to `copy`/,
    );
    bench.prefix = WITH_ANOTHER_DEVICE;
    const late = await bench.run(['--staging', 'fuse'], 'echo built');
    expect([late.exitCode, late.stdout]).toEqual([125, '']);
    expect(late.stderr).toContain('error: the inputs cannot be mounted: ');
    bench.prefix = [];
    // Nothing is staged for a hit.
    expect((await bench.run([], 'echo built')).stdout).toBe('built\n');
    expect((await bench.run(['--staging', 'fuse'], 'echo built')).stdout).toBe('built\n');
  });
});

describe.each(canStage ? ['copy', 'fuse'] : ['copy'])('with `%s`', (staging) => {
  const flags = ['--staging', staging, '--outputs', 'out'];

  test('a build may write to workspace, home and scratch, and nowhere else', async () => {
    const script = [
      'for at in . ~ "$TMPDIR"; do mkdir "$at/new"; echo x > "$at/new/x"; mv "$at/new/x" "$at/moved"; cat "$at/moved"; done',
      'for at in / /etc /home /usr; do ! touch "$at/new" || echo "$at can be written"; done 2>/dev/null',
      'echo y >> in.txt; rm tool.sh; mkdir out; cp in.txt out',
    ].join('\n');
    expect(await bench.run(flags, script)).toMatchObject({ exitCode: 0, stdout: 'x\nx\nx\n' });
    expect([bench.read('out/in.txt'), bench.read('in.txt')]).toEqual(['xy\n', 'x']);
  });

  test('the home of a build is empty, a folder of 755, and gone with what the build made read-only there', async () => {
    const script =
      'ls -A ~; stat -c "%a %u:%g" ~; mkdir -p ~/go/pkg/mod; touch ~/go/pkg/mod/x; chmod -R a-w ~/go; touch out';
    bench.prefix = ['sh', '-c', 'umask 077; exec "$@"', 'sh'];
    expect(await bench.run(flags, script)).toMatchObject({ exitCode: 0, stdout: '755 1000:1000\n' });
    expect(readdirSync(join(bench.cache, 'run/work'))).toEqual([]);
    expect(readdirSync(join(bench.cache, 'casd/cas/staging'))).toEqual([]);
  });
});

test('an action is the same however its inputs are staged, so that a hit is one', async () => {
  expect((await bench.run(['--staging', 'copy'], 'sh tool.sh')).stdout).toBe('tool\n');
  const { record } = await bench.record(['--staging', 'fuse'], 'sh tool.sh');
  expect(record).toMatchObject({ result: 'hit', staging: null, stagingReason: null });
});

describe('a disk with no room for copies', () => {
  const run = (...words: string[]) =>
    bench.start('run', '--cache-dir', join(disk(), 'cache'), ...words, '--run', 'wc -c < large');

  beforeEach(() => {
    if (!canMount) return;
    mountDisk(disk(), '44m');
    writeFileSync(join(bench.checkout, 'large'), Buffer.alloc(23_000_000, 'noise'));
  });

  testOnDisk('`copy` is refused before the build', async () => {
    const { exitCode, stdout, stderr } = await run('--staging', 'copy').ended;
    expect([exitCode, stdout]).toEqual([125, '']);
    expect(stderr).toMatch(
      /error: there is no room for the inputs: copies of them need 23\.\d MB, and the disk at .*disk has .* free/,
    );
  });

  (canStage && canMount ? test : test.skip)('`auto` mounts', async () => {
    const { exitCode, stdout, stderr } = await run('--json').ended;
    expect([exitCode, stderr]).toEqual([0, expect.stringContaining('23000000\n')]);
    const stagingReason = expect.stringMatching(/^copies of them need 23\.\d MB, and the disk at/) as unknown;
    expect(JSON.parse(stdout)).toMatchObject({ staging: 'fuse', stagingReason });
  });
});
