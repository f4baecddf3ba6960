import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Bench } from './command-line.js';
import { testOnDisk } from './memory-disk.js';

let bench: Bench;

beforeEach(() => {
  bench = new Bench({ 'in.txt': 'x' });
});

afterEach(async () => {
  await bench.dispose();
  expect(bench.leftovers()).toEqual([]);
});

/** All that the checkout holds, `.git` apart. */
const everything = (folder = bench.checkout) =>
  readdirSync(folder, { recursive: true })
    .map(String)
    .filter((path) => !path.startsWith('.git/') && path !== '.git')
    .sort();

function git(...words: readonly string[]): void {
  const identity = ['-c', 'user.name=test', '-c', 'user.email=test@example.com'];
  execFileSync('git', [...identity, ...words], { cwd: bench.checkout, stdio: 'pipe' });
}

describe('what a folder output holds already', () => {
  beforeEach(() => {
    for (const path of ['site/page', 'site/obsolete']) bench.write(path, 'tracked');
    bench.write('.gitignore', '*.local\n');
    git('init', '--quiet');
    git('add', '--all');
    git('commit', '--quiet', '--message', 'first');
    bench.write('site/notes', 'untracked');
    bench.write('site/deep/settings.local', 'ignored');
  });

  test('stays where the build never saw it, on a build and on a hit, and is told', async () => {
    for (const result of ['built', 'hit']) {
      const { record, stderr } = await bench.record(
        ['--outputs', 'site'],
        'rm site/obsolete; echo new > site/page; echo made > site/made',
      );
      expect(record.result).toBe(result);
      expect(stderr).toContain('is not of this build: ');
      expect(stderr).toContain('site/deep/settings.local');
      if (result === 'built') expect(stderr).toMatch(/removed from the outputs, .*: site\/obsolete/);
      expect(everything(join(bench.checkout, 'site'))).toEqual([
        'deep',
        'deep/settings.local',
        'made',
        'notes',
        'page',
      ]);
      expect([bench.read('site/page'), bench.read('site/notes')]).toEqual(['new\n', 'untracked']);
      git('checkout', '--', 'site'); // So that the second run has the same input.
    }
  });

  test('goes where an earlier build brought it', async () => {
    await bench.run(['--outputs', 'out'], 'mkdir -p out/sub; touch out/a out/sub/old');
    bench.write('out/mine', 'mine');
    const { stderr } = await bench.run(['--outputs', 'out'], 'mkdir out; touch out/a');
    expect(everything(join(bench.checkout, 'out'))).toEqual(['a', 'mine']);
    expect(stderr).toContain('is not of this build: out/mine');
  });

  test('is not written where the build left it as it was', async () => {
    const run = bench.startRun(['--outputs', 'site'], 'echo ready; sleep 2; touch site/made');
    await run.said('ready');
    bench.write('site/page', 'edited meanwhile');
    expect((await run.ended).exitCode).toBe(0);
    expect(bench.read('site/page')).toBe('edited meanwhile');
    expect(bench.exists('site/made')).toBe(true);
  });

  test('is not deleted for a file: that is a fault, and nothing was replaced', async () => {
    const { exitCode, stderr } = await bench.run(['--outputs', 'site'], 'rm -r site; echo file > site');
    expect(exitCode).toBe(125);
    expect(stderr).toMatch(/the output site has a file where the workspace has a folder with .*site/);
    expect(stderr).toContain('Nothing was replaced.');
    expect(bench.read('site/notes')).toBe('untracked');
  });
});

describe('an output', () => {
  const script = 'mkdir -p out/sub; echo 1 > out/app; echo 2 > out/sub/lib; chmod +x out/app';

  /**
   * Runs it, and again for a hit, each time in a mount namespace of its own.
   *
   * @param mount what is mounted there before
   * @param then commands that look at the result, and whose output is returned
   */
  async function inNamespace(mount: string, build: string, output: string, then: string) {
    const all: { exitCode: number; stderr: string; seen: string }[] = [];
    for (const name of ['built', 'hit']) {
      const seen = join(bench.root, name);
      const steps = `${mount}; "$@"; code=$?; (${then}) > ${seen} 2>&1; exit $code`;
      bench.prefix = [
        'unshare',
        '--mount',
        'sh',
        '-c',
        `set -e; cd ${bench.checkout}; ${steps.replace('; "$@"', '; set +e; "$@"')}`,
        'sh',
      ];
      const { exitCode, stderr } = await bench.run(['--outputs', output], build);
      all.push({ exitCode, stderr, seen: readFileSync(seen, 'utf8') });
    }
    bench.prefix = [];
    return all;
  }

  testOnDisk.each([
    ['a file system of its own', 'mount -t tmpfs tmpfs out'],
    ['a folder that is mounted there', 'mount --bind ../other out'],
  ])('that is a mount point is written in place: %s', async (_, mount) => {
    bench.write('out/placeholder', '');
    mkdirSync(join(bench.root, 'other'));
    const all = await inNamespace(
      `${mount}; echo mine > out/mine; echo old > out/app; mkdir -p out/sub`,
      script,
      'out',
      'cd out; ls -AR; cat app mine sub/lib; ls -A ..',
    );
    for (const { exitCode, stderr, seen } of all) {
      expect(stderr).not.toMatch(/bug|error/);
      expect(exitCode).toBe(0);
      expect(seen).toBe('.:\napp\nmine\nsub\n\n./sub:\nlib\n1\nmine\n2\nin.txt\nout\n');
    }
  });

  testOnDisk('with a mount point inside is written in place', async () => {
    bench.write('out/sub/placeholder', '');
    const all = await inNamespace(
      'mount -t tmpfs tmpfs out/sub; echo old > out/sub/lib',
      script,
      'out',
      'ls -A out out/sub; cat out/sub/lib',
    );
    for (const { exitCode, seen } of all) {
      expect(exitCode).toBe(0);
      expect(seen).toBe('out:\napp\nsub\n\nout/sub:\nlib\n2\n');
    }
  });

  testOnDisk('that is a mounted file is written in place', async () => {
    bench.write('report', 'old');
    writeFileSync(join(bench.root, 'report'), 'old');
    for (const { exitCode } of await inNamespace(
      'mount --bind ../report report',
      'echo new > report',
      'report',
      'true',
    )) {
      expect(exitCode).toBe(0);
    }
    expect(readFileSync(join(bench.root, 'report'), 'utf8')).toBe('new\n');
    expect(everything()).toEqual(['in.txt', 'report']);
  });

  testOnDisk('in a layer of an image is written in place', async () => {
    const layer = (name: string) => join(bench.root, name);
    mkdirSync(join(layer('lower'), 'out/sub'), { recursive: true });
    for (const path of ['in.txt', 'out/app', 'out/mine', 'out/sub/lib'])
      writeFileSync(join(layer('lower'), path), 'old');
    for (const name of ['upper', 'work']) mkdirSync(layer(name));
    const options = `lowerdir=${layer('lower')},upperdir=${layer('upper')},workdir=${layer('work')}`;
    const all = await inNamespace(
      `mount -t overlay overlay -o ${options} ${bench.checkout}; cd ${bench.checkout}`,
      script,
      'out',
      `cd ${bench.checkout}; ls -A . out out/sub; cat out/app out/sub/lib out/mine`,
    );
    for (const { exitCode, stderr, seen } of all) {
      expect(stderr).not.toMatch(/bug|error/);
      expect(exitCode).toBe(0);
      expect(seen).toBe('.:\nin.txt\nout\n\nout:\napp\nmine\nsub\n\nout/sub:\nlib\n1\n2\nold');
    }
  });

  testOnDisk('that cannot be written is put back as it was, and the fault says so', async () => {
    bench.write('out/sub/lib', 'old');
    bench.write('out/app', 'old');
    const all = await inNamespace(
      'mount -t tmpfs tmpfs out/sub; echo old > out/sub/lib; mount -o remount,ro out/sub',
      script,
      'out',
      'ls -A . out out/sub; cat out/app out/sub/lib',
    );
    for (const { exitCode, stderr, seen } of all) {
      expect(exitCode).toBe(125);
      expect(stderr).toMatch(/could not write the outputs: EROFS/);
      expect(stderr).toContain('Nothing was replaced.');
      expect(seen).toBe('.:\nin.txt\nout\n\nout:\napp\nsub\n\nout/sub:\nlib\noldold\n');
    }
  });

  test('in a read-only folder is written all the same', async () => {
    for (const path of ['out/app', 'out/sub/lib', 'out/mine']) bench.write(path, 'old');
    for (const path of ['out/sub', 'out']) chmodSync(join(bench.checkout, path), 0o555);
    for (let i = 0; i < 2; i++) {
      expect((await bench.run(['--outputs', 'out'], script)).exitCode).toBe(0);
      expect(everything()).toEqual(['in.txt', 'out', 'out/app', 'out/mine', 'out/sub', 'out/sub/lib']);
      expect([bench.read('out/app'), bench.read('out/mine')]).toEqual(['1\n', 'old']);
    }
  });
});

test('what a run that was killed left is no input, and goes with the next run', async () => {
  const flags = ['--outputs', 'out'];
  const first = await bench.record(flags, 'mkdir out; cp in.txt out/copy');
  const names = ['.buildbox-0123456789ab-old-0', '.buildbox-0123456789ab-999999999-1-00000000-1'];
  for (const name of names) bench.write(join(name, 'old/file'), 'old');
  git('init', '--quiet');
  expect((await bench.record(flags, 'mkdir out; cp in.txt out/copy')).record.inputRootDigest).toBe(
    first.record.inputRootDigest,
  );
  // Whose they are nobody can know but by their age.
  for (const name of names) execFileSync('touch', ['-d', '2 days ago', join(bench.checkout, name)]);
  await bench.run(flags, 'mkdir out; cp in.txt out/copy');
  expect(everything()).toEqual(['in.txt', 'out', 'out/copy']);
});

const USER = 65534;

(process.getuid?.() === 0 ? describe : describe.skip)('to an ordinary user', () => {
  let other: Bench;

  beforeEach(() => {
    other = new Bench({ 'in.txt': 'x', 'out/app': 'old', 'out/locked/file': 'old' }, '/var/tmp');
    for (const path of ['', 'checkout', 'checkout/in.txt', 'checkout/out'])
      chownSync(join(other.root, path), USER, USER);
    execFileSync('cp', ['-r', 'dist', 'package.json', process.env.TEST_TOOL_CACHE ?? '', other.root]);
    execFileSync('cp', ['-rp', `${process.env.TEST_TOOL_CACHE ?? ''}/.`, join(other.root, 'tools')]);
    other.prefix = ['setpriv', `--reuid=${USER}`, `--regid=${USER}`, '--clear-groups'];
    other.cli = join(other.root, 'dist/cli.js');
    other.environment = {
      HOME: other.root,
      RUNNER_TOOL_CACHE: join(other.root, 'tools'),
      PATH: '/usr/local/bin:/usr/bin:/bin',
    };
  });

  afterEach(() => other.dispose());

  test('files of root are replaced where the folder is the user’s, and stay where it is not', async () => {
    const { exitCode, stderr } = await other.run(['--outputs', 'out'], 'mkdir out; echo new > out/app');
    expect(stderr).toContain('is not of this build: out/locked/file');
    expect([exitCode, other.read('out/app')]).toEqual([0, 'new\n']);
    expect(other.list('out')).toEqual(['app', 'locked']);
    expect(other.list()).toEqual(['in.txt', 'out']);
  });

  test('what has to be written in a folder of root is a fault, and nothing was replaced', async () => {
    const { exitCode, stderr } = await other.run(
      ['--outputs', 'out'],
      'mkdir -p out/locked; echo new | tee out/app > out/locked/file',
    );
    expect(exitCode).toBe(125);
    expect(stderr).toMatch(/could not write the outputs: .*out\/locked/);
    expect(stderr).toContain('Nothing was replaced.');
    expect([other.read('out/app'), other.read('out/locked/file')]).toEqual(['old', 'old']);
    expect(existsSync(join(other.checkout, 'out'))).toBe(true);
    expect(other.list()).toEqual(['in.txt', 'out']);
  });
});
