import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Bench } from './command-line.js';

let bench: Bench;

beforeEach(() => {
  bench = new Bench();
  bench.environment.HOME = join(bench.cache, 'home');
  mkdirSync(bench.environment.HOME, { recursive: true });
});

afterEach(async () => {
  await bench.dispose();
  expect(bench.leftovers()).toEqual([]);
});

function git(...words: readonly string[]): void {
  execFileSync('git', words, { cwd: bench.checkout, stdio: 'ignore' });
}

/** The warnings of a run. */
function warningsIn(stderr: string): readonly string[] {
  return stderr.split('\n').filter((line) => line.startsWith('warning: '));
}

async function failing(script: string, flags: readonly string[] = []): Promise<readonly string[]> {
  const { exitCode, stderr } = await bench.run(flags, script);
  expect(exitCode).not.toBe(0);
  return warningsIn(stderr);
}

describe('a build that fails for want of the network is told so', () => {
  test('by what real programs say of a name', async () => {
    const script = 'python3 -c "import urllib.request; urllib.request.urlopen(\'https://example.org\')"';
    expect(await failing(script)).toEqual([
      expect.stringMatching(
        /^warning: the build tried to reach the network, which is off in the sandbox \(it said "(Temporary failure in name resolution|Name or service not known)"\): fetch what it needs in a step before/,
      ),
    ]);
  });

  test('but not when it goes well, or when the network is on', async () => {
    const says = 'echo "Could not resolve host: example.org" >&2';
    expect(warningsIn((await bench.run([], says)).stderr)).toEqual([]);
    expect(await failing(`${says}; exit 1`, ['--network', 'on'])).not.toContainEqual(
      expect.stringContaining('which is off'),
    );
    expect(await failing(`${says}; exit 1`)).toEqual([expect.stringContaining('"Could not resolve host"')]);
  });
});

test('what a build with the network does not get of proxies and mirrors is named, and nothing of what it says', async () => {
  bench.environment.HTTPS_PROXY = 'http://user:hunter2@proxy.example.org:3128';
  writeFileSync(join(bench.cache, 'home/.npmrc'), '//mirror.example.org/:_authToken=hunter2\n');
  const refused = 'echo "connect ECONNREFUSED 192.0.2.1:443" >&2; exit 1';
  const { stderr } = await bench.run(['--network', 'on'], refused);
  expect(warningsIn(stderr)).toEqual([
    expect.stringMatching(
      /it said "ECONNREFUSED"\).*: name HTTPS_PROXY in `env`; give it what (\S+, )*~\/\.npmrc says of a mirror through `env`/,
    ),
  ]);
  expect(stderr).not.toContain('hunter2');
  expect(await failing(refused)).toEqual([]);
});

test.each(['PIP_INDEX_URL', 'npm_config_registry', 'GOPROXY'])('so is %s', async (name) => {
  bench.environment[name] = 'http://user:hunter2@mirror.example.org/';
  const { stderr } = await bench.run(['--network', 'on'], 'echo "connect ECONNREFUSED" >&2; exit 1');
  expect(warningsIn(stderr)).toEqual([expect.stringContaining(`: name ${name} in \`env\``)]);
  expect(stderr).not.toContain('hunter2');
});

test('a build that changes the system is told that it only reads it, and where programs can go', async () => {
  expect(await failing('cp /dev/null /usr/lib/x')).toEqual([
    expect.stringMatching(
      /the build tried to change the system \(it said "Read-only file system"\).*below \/home\/build\/\.local, whose `bin` is on PATH$/,
    ),
  ]);
  bench.write('tool/package.json', '{ "name": "some-tool", "version": "1.0.0", "bin": "tool.sh" }');
  bench.write('tool/tool.sh', '#!/bin/sh\necho installed\n', 0o755);
  const install = 'npm install -g ./tool && some-tool';
  const [advice = ''] = await failing(install);
  const remedy = /with `(NPM_CONFIG_PREFIX=[^`]+)` in `env`$/.exec(advice)?.[1] ?? 'none';
  expect((await bench.run(['--env', remedy], install)).stdout).toContain('installed\n');
});

describe('a program of this machine that the sandbox does not show is named', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync('/var/tmp/tools-');
    writeFileSync(join(folder, 'odd-tool'), '#!/bin/sh\necho shown\n', { mode: 0o755 });
    chmodSync(folder, 0o755);
    bench.environment = { PATH: `${process.env.PATH ?? ''}:${folder}` };
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test.each([
    ['by a shell', 'odd-tool'],
    ['by make', "printf 'all:\\n\\todd-tool\\n' > Makefile; make"],
  ])('where it was called %s', async (_, script) =>
    expect(await failing(script)).toEqual([
      expect.stringContaining(
        `odd-tool: this machine has it, but the sandbox shows no tools of where it lies (${folder}/odd-tool)`,
      ),
    ]),
  );

  test('where it is the command; but not one that is nowhere', async () => {
    const call = async (name: string) =>
      warningsIn((await bench.start('run', '--cache-dir', bench.cache, '--', name).ended).stderr);
    expect(await call('odd-tool')).toEqual([expect.stringContaining('odd-tool: this machine has it')]);
    expect(await call('no-such-tool')).toEqual([]);
  });

  test('and found by its path with `host-paths`', async () => {
    const { stdout } = await bench.run(['--host-paths', folder], `${folder}/odd-tool`);
    expect(stdout).toBe('shown\n');
  });
});

test('a build that asks git is told that there is no repository', async () => {
  git('init');
  bench.write('file', '');
  expect(await failing('git describe --tags')).toEqual([
    expect.stringContaining('the build asked git (it said "not a git repository"), and `.git` is never in'),
  ]);
});

test('a submodule that is not checked out is named', async () => {
  git('init');
  bench.write('.gitmodules', '[submodule "lib"]\n\tpath = third party/lib\n\turl = ../lib\n');
  mkdirSync(join(bench.checkout, 'third party/lib'), { recursive: true });
  const commit = '0123456789012345678901234567890123456789';
  git('update-index', '--add', '--cacheinfo', `160000,${commit},third party/lib`);
  expect(await failing('cat "third party/lib/lib.h"')).toEqual([
    expect.stringContaining(
      'third party/lib: not checked out, so an empty folder in the sandbox. Run `git submodule',
    ),
  ]);
  expect(warningsIn((await bench.run([], 'true')).stderr)).toEqual([]);
});

test('pointers of Git LFS among the inputs are named, whatever comes of the build', async () => {
  git('init');
  const pointer = (size: number) =>
    `version https://git-lfs.github.com/spec/v1\noid sha256:${'5'.repeat(64)}\nsize ${size}\n`;
  bench.write('assets/.gitattributes', '*.bin filter=lfs diff=lfs merge=lfs -text\n');
  bench.write('assets/model.bin', pointer(123_456_789));
  bench.write('assets/other.bin', 'x'.repeat(130));
  const { stderr } = await bench.run([], 'wc -c assets/model.bin');
  expect(warningsIn(stderr)).toEqual([
    expect.stringContaining(
      'assets/model.bin: pointers of Git LFS are input, not the files that they stand for',
    ),
  ]);
  const without = await bench.run(['--inputs', '!assets/model.bin'], 'true');
  expect(warningsIn(without.stderr)).toEqual([]);
});

describe('dependencies that git ignores are named when they are missed', () => {
  beforeEach(() => {
    git('init');
    bench.write('.gitignore', 'node_modules\n.venv\n');
    bench.write('node_modules/left-pad/index.js', '');
    bench.write('node_modules/.bin/tool', '#!/bin/sh\n', 0o755);
  });

  test('by a module that is not found', async () => {
    bench.write('main.js', "require('left-pad');");
    expect(await failing('node main.js')).toEqual([
      expect.stringContaining('node_modules: dependencies that git ignores, so they are not in the sandbox'),
    ]);
  });

  test('by a program that is not found', async () => {
    expect(await failing('tool')).toEqual([expect.stringContaining('node_modules: dependencies')]);
    expect(await failing('grep x /dev/null')).toEqual([]);
  });
});
