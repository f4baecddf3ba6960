import { existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Bench } from './command-line.js';

let bench: Bench;
const at = (...path: readonly string[]) => join(bench.checkout, ...path);

beforeEach(() => {
  bench = new Bench({ 'in.txt': 'x' });
  execFileSync('git', ['init', '--quiet', '--template='], { cwd: bench.checkout });
});

afterEach(async () => {
  await bench.dispose();
  expect(bench.leftovers()).toEqual([]);
});

describe('a symlink of the checkout is followed to no output', () => {
  const script =
    'mkdir -p build/hooks; echo evil > build/hooks/post-checkout; chmod +x build/hooks/post-checkout';

  test.each([
    ['.git', ['--outputs', 'build/hooks']],
    ['../other', ['--outputs', 'build/hooks']],
    ['inside', ['--outputs', 'build/hooks/post-checkout']],
  ])('that leads to %s', async (target, flags) => {
    for (const path of ['inside', '../other']) mkdirSync(at(path));
    symlinkSync(target, at('build'));
    const led = readdirSync(at(target));
    // Without the link among the inputs the build has a folder there, as the attack needs it.
    const { exitCode, stderr, stdout } = await bench.run(
      [...flags, '--inputs', 'in.txt'],
      `echo ran; ${script}`,
    );
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toContain('build is a symlink, and no symlink is followed to write it');
    expect(readdirSync(at(target))).toEqual(led);
  });

  test('nor one that comes while the build runs', async () => {
    mkdirSync(at('build'));
    const run = bench.startRun(['--outputs', 'build/hooks'], `echo ready; sleep 2; ${script}`);
    await run.said('ready');
    execFileSync('sh', ['-c', 'rmdir build; ln -s .git build'], { cwd: bench.checkout });
    const { exitCode, stderr } = await run.ended;
    expect(exitCode).toBe(125);
    expect(stderr).toContain('the output build/hooks lies below build, which is a symlink');
    expect(existsSync(at('.git/hooks'))).toBe(false);
  });

  test('nor to the working directory', async () => {
    mkdirSync(at('real'));
    symlinkSync('real', at('link'));
    const { exitCode, stderr } = await bench.run(['--working-directory', 'link'], 'true');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('link is a symlink');
  });
});

describe('what belongs to git is no output', () => {
  test.each([
    ['.git/hooks'],
    ['.GIT/hooks'],
    ['deps/x/.git'],
    ['.git.'],
    ['GIT~1/hooks'],
    ['.g\u200cit/hooks'],
    ['.git::$INDEX_ALLOCATION/hooks'],
  ])('declared as %s', async (output) => {
    const { exitCode, stderr } = await bench.run(['--outputs', output], 'true');
    expect(exitCode).toBe(2);
    expect(stderr).toContain("a repository's own folder");
  });

  test('by the working directory', async () => {
    mkdirSync(at('.git/hooks'));
    const flags = ['--working-directory', '.git', '--outputs', 'hooks'];
    expect((await bench.run(flags, 'mkdir -p hooks; echo evil > hooks/post-checkout')).exitCode).toBe(2);
    expect(readdirSync(at('.git/hooks'))).toEqual([]);
  });

  test.each([
    ['mkdir -p out/x/.git; echo evil > out/x/.git/config', '"out/x/.git" is git\'s own'],
    ['mkdir -p out/.Git/hooks; touch out/.Git/hooks/x', '"out/.Git" is git\'s own'],
    ['mkdir out; echo "gitdir: /x" > out/.git', '"out/.git" is git\'s own'],
    ['mkdir -p out/git~1; touch out/git~1/config', '"out/git~1" is git\'s own'],
    ['mkdir out; ln -s ../.git/hooks out/build', '"out/build" is a symlink into a repository\'s own folder'],
    ['mkdir out; ln -s ../sub/.GIT out/build', '"out/build" is a symlink into a repository\'s own folder'],
    [
      'mkdir out; ln -s .. out/up; ln -s up/.git/hooks out/x',
      '"out/x" is a symlink into a repository\'s own folder',
    ],
    ['ln -s .git/hooks out', '"out" is a symlink into a repository\'s own folder'],
  ])('made by %s', async (script, message) => {
    const { exitCode, stderr, record } = await bench.record(['--outputs', 'out'], script);
    expect([exitCode, record.result]).toEqual([1, 'failed']);
    expect(stderr).toContain(message);
    expect(bench.exists('out')).toBe(false);
  });

  test('but what is only called so is', async () => {
    const script = 'mkdir out; cd out; touch .gitignore git .github x.git .gitmodules; ln -s .gitignore link';
    expect((await bench.run(['--outputs', 'out'], script)).exitCode).toBe(0);
    expect(bench.list('out')).toEqual(['.github', '.gitignore', '.gitmodules', 'git', 'link', 'x.git']);
  });
});

describe('the record is written through no symlink of the workspace', () => {
  test('that the checkout has', async () => {
    mkdirSync(at('../outside'));
    symlinkSync('../outside', at('reports'));
    const { exitCode, stderr, stdout } = await bench.run(['--record', 'reports/record.json'], 'echo ran');
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toContain('reports is a symlink');
    expect(readdirSync(at('../outside'))).toEqual([]);
  });

  test('that the build brings', async () => {
    const flags = ['--outputs', 'reports', '--record', 'reports/record.json'];
    const { exitCode, stderr } = await bench.run(flags, 'mkdir src; ln -s src reports');
    expect(exitCode).toBe(125);
    expect(stderr).toContain('reports is a symlink');
    expect(bench.exists('src')).toBe(false);
  });

  test('nor into .git; where it is elsewhere is the user’s own choice', async () => {
    expect((await bench.run(['--record', '.git/config'], 'true')).exitCode).toBe(2);
    mkdirSync(at('../real'));
    symlinkSync('real', at('../link'));
    expect((await bench.run(['--record', at('../link/record.json')], 'true')).exitCode).toBe(0);
    expect(readdirSync(at('../real'))).toEqual(['record.json']);
  });
});

describe('a name that is not UTF-8 is refused by name', () => {
  test.each([
    [
      'a file',
      'mkdir -p out/deep; touch "out/deep/$(printf \'caf\\351\')"',
      '"out/deep/caf\\xe9" has a name that is not UTF-8',
    ],
    ['a folder', 'mkdir -p "out/$(printf \'caf\\351\')/x"', '"out/caf\\xe9" has a name that is not UTF-8'],
    [
      'where a link in a folder leads',
      'mkdir out; ln -s "$(printf \'caf\\351\')" out/link',
      '"out/link" leads to "caf\\xe9", a name that is not UTF-8',
    ],
    [
      'where a link leads',
      'ln -s "$(printf \'caf\\351\')" out',
      '"out" leads to "caf\\xe9", a name that is not UTF-8',
    ],
  ])('%s', async (_, script, message) => {
    const { exitCode, stderr, record } = await bench.record(['--outputs', 'out'], script);
    expect([exitCode, record.result]).toEqual([1, 'failed']);
    expect(stderr).toContain(message);
    expect(bench.exists('out')).toBe(false);
    expect((await bench.record(['--outputs', 'out'], script)).record.result).toBe('failed');
  });

  test('but U+FFFD and U+FEFF are names like others', async () => {
    const script = 'mkdir -p out/$(printf "\\357\\273\\277x") "out/a�"; ln -s "a�" out/link';
    for (const result of ['built', 'hit']) {
      expect((await bench.record(['--outputs', 'out'], script)).record.result).toBe(result);
      expect(bench.list('out')).toEqual(['a\ufffd', 'link', '\ufeffx']);
    }
  });
});
