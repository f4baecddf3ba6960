import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Bench } from './command-line.js';

let bench: Bench;

beforeAll(() => {
  bench = new Bench({
    'in.txt': 'x',
    Makefile: 'all:\n\t@echo $(PWD)\n',
    'deep/er/Makefile': 'all:\n\t@echo $(PWD)\n',
    'Gruß.java':
      'public class Gruß { public static void main(String[] a) throws Exception { System.out.println("grüße".length() + java.nio.charset.Charset.defaultCharset().name() + new java.io.File("Gruß.java").exists()); } }\n',
  });
});

afterAll(async () => {
  await bench.dispose();
  expect(bench.leftovers()).toEqual([]);
});

/** As a command, without a shell that would put things right. */
const command = (flags: readonly string[], ...argv: readonly string[]) =>
  bench.start('run', '--cache-dir', bench.cache, ...flags, '--', ...argv).ended;

describe('signals', () => {
  test('a broken pipe ends a program', async () => {
    const { stdout, stderr } = await bench.run([], 'set +o pipefail; yes | head -n 1; echo ${PIPESTATUS[@]}');
    expect(stdout).toBe('y\n141 0\n');
    expect(stderr).not.toContain('yes:');
  });

  test('none is ignored or blocked', async () => {
    const { stdout } = await command([], 'grep', '-E', '^Sig(Blk|Ign|Pnd)', '/proc/self/status');
    expect(stdout).toBe(
      ['SigPnd', 'SigBlk', 'SigIgn'].map((name) => `${name}:\t${'0'.repeat(16)}\n`).join(''),
    );
  });
});

describe('the working folder', () => {
  test('is named by PWD, however the command is given', async () => {
    expect((await command([], 'make')).stdout).toBe('/workspace\n');
    expect((await command([], 'printenv', 'PWD')).stdout).toBe('/workspace\n');
    expect((await command(['--working-directory', 'deep/er'], 'make')).stdout).toBe('/workspace/deep/er\n');
    expect((await bench.run([], 'make')).stdout).toBe('/workspace\n');
  });
});

describe('what a package manager installs for its user', () => {
  test.each(['.local/bin', '.cargo/bin', 'go/bin'])('is found in %s', async (folder) => {
    const install = `mkdir -p ~/${folder} && printf '#!/bin/sh\\necho mine\\n' > ~/${folder}/make && chmod +x ~/${folder}/make`;
    expect((await bench.run([], `${install} && make`)).stdout).toBe('mine\n');
  });
});

describe('language', () => {
  test('is UTF-8', async () => {
    const python =
      "import locale, sys; print(locale.getpreferredencoding(), sys.getfilesystemencoding(), 'ä')";
    const { stdout } = await command([], 'python3', '-c', python);
    expect(stdout).toBe('UTF-8 utf-8 ä\n');
    expect((await command([], 'locale')).stdout).toMatch(
      /^LANG=C\.UTF-8$[^]*^LC_CTYPE="C\.UTF-8"$[^]*^LC_ALL=$/m,
    );
  });

  test('Java compiles and finds names and texts that are not ASCII', async () => {
    const java = await command(
      [],
      'sh',
      '-c',
      'command -v javac >/dev/null || exit 0; javac *.java && java Gruß',
    );
    expect([java.exitCode, java.stderr]).toEqual([0, expect.not.stringContaining('unmappable')]);
    expect(java.stdout).toMatch(/^(5UTF-8true\n)?$/);
  });

  test('is what the user says, where he does', async () => {
    const { stdout } = await command(['--env', 'LANG=C'], 'printenv', 'LANG');
    expect(stdout).toBe('C\n');
  });
});

describe('stdout and stderr', () => {
  test('can be opened by their names', async () => {
    const { exitCode, stdout, stderr } = await bench.run(
      [],
      'echo out > /dev/stdout; echo err > /dev/stderr; echo both | tee /dev/stderr; echo more >> /proc/self/fd/2',
    );
    expect([exitCode, stdout]).toEqual([0, 'out\nboth\n']);
    expect(stderr).toContain('err\nboth\nmore\n');
  });

  test('nothing of what much says is lost, and it is told in order', async () => {
    const { stdout, stderr } = await bench.run([], 'seq 300000; seq 300000 >&2');
    expect(stdout).toBe(Array.from({ length: 300_000 }, (_, i) => `${i + 1}\n`).join(''));
    expect(stderr).toContain(stdout);
  });

  test('that a process keeps open outlive its build no longer', async () => {
    const { exitCode, stdout } = await bench.run([], '(sleep 300; echo late) & echo done');
    expect([exitCode, stdout]).toEqual([0, 'done\n']);
  });
});

describe('limits of the job', () => {
  test('a build may have many files open, but not a billion', async () => {
    // Node takes for itself and its children whatever it is allowed.
    const allowed = execFileSync('sh', ['-c', 'ulimit -H -n']).toString().trim();
    const { stdout } = await bench.run([], 'ulimit -S -n; ulimit -H -n; ulimit -S -c');
    const most = Math.min(16_384, allowed === 'unlimited' ? Infinity : Number(allowed));
    expect(stdout).toBe(`${most}\n${allowed}\n0\n`);
  });

  test('it is not what is open here', async () => {
    mkdirSync(join(bench.root, 'open'));
    bench.prefix = ['sh', '-c', `exec 5<${bench.root}/open 6>${bench.root}/six; exec "$@"`, 'sh'];
    const { stdout } = await bench.run(['--salt', 'open'], 'ls /proc/self/fd');
    bench.prefix = [];
    expect(stdout).toBe('0\n1\n2\n3\n');
  });
});
