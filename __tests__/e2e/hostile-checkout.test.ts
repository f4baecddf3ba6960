import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Bench } from './command-line.js';

let bench: Bench;

beforeEach(() => {
  bench = new Bench({ 'in.txt': 'x' });
  git('init', '--quiet');
});
afterEach(async () => {
  await bench.dispose();
  expect(bench.leftovers()).toEqual([]);
});

const git = (...words: string[]) => execFileSync('git', words, { cwd: bench.checkout });
const at = (path: string) => join(bench.checkout, path);
const sh = (script: string) => execFileSync('sh', ['-c', script], { cwd: bench.checkout });
const run = (...flags: string[]) =>
  bench.start('run', '--cache-dir', bench.cache, ...flags, '--', 'true').ended;

/** One fault or mistake that says what is wrong, and nothing that a program would say to its author. */
async function expectRefusal(exitCode: 2 | 125, says: RegExp, ...flags: string[]) {
  const ended = await run(...flags);
  expect([ended.exitCode, ended.stderr]).toEqual([exitCode, expect.stringMatching(says)]);
  expect(ended.stderr).not.toMatch(/is a bug|\n\s+at /);
}

describe('a checkout that is hostile is refused in words', () => {
  test('with folders without end', async () => {
    sh('i=0; while [ $i -lt 1900 ]; do mkdir d && cd -P d || exit; i=$((i+1)); done; echo x >f');
    await expectRefusal(
      125,
      /d\/d\/d\/d\/d lies more than 1000 folders deep\n.*inputs: '!d\/d\/d\/d\/d\/\*\*'/,
    );
    sh('rm -r d');
  });

  test.each(['.git/config', '.git/index', '.git/info/exclude'])('with a pipe for %s', async (file) => {
    git('add', '--all');
    sh(`mkdir -p .git/info; rm -f ${file}; mkfifo ${file}`);
    await expectRefusal(125, /is no file, and git would wait for it/);
  });

  test('with a device or a pipe where a file of settings is looked for', async () => {
    symlinkSync('/dev/zero', at('zero.pem'));
    sh('mkfifo pipe.pem');
    for (const file of ['zero.pem', 'pipe.pem']) {
      await expectRefusal(2, /it is no file/, '--remote', 'grpcs://127.0.0.1:1', '--remote-ca', file);
    }
  });

  test('with a loop of links where a folder is named', async () => {
    symlinkSync('a', at('b'));
    symlinkSync('b', at('a'));
    await expectRefusal(2, /^error: working-directory: /, '--working-directory', 'a/x');
    await expectRefusal(2, /^error: cache-dir: /, '--cache-dir', 'a/x');
  });

  const asRoot = process.getuid?.() === 0 ? test : test.skip;
  asRoot('with a folder that this user may not look into', async () => {
    mkdirSync(at('closed'));
    writeFileSync(at('closed/file'), '');
    git('add', '--all');
    for (const path of [bench.root, bench.checkout]) chownSync(path, 65534, 65534);
    chmodSync(at('closed'), 0o600);
    bench.prefix = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
    await expectRefusal(125, /closed.*(permission denied|EACCES)/);
  });
});

describe('what the command line says', () => {
  test('begins no line with a name of the checkout', async () => {
    const name = 'a\n::error::b\u001b[2J';
    mkdirSync(at(name));
    execFileSync('git', ['init', '--quiet'], { cwd: at(name) });
    writeFileSync(join(at(name), '.git/index'), 'garbage that is no index');
    bench.environment = { GITHUB_ACTIONS: 'true', GITHUB_EVENT_NAME: 'pull_request' };
    const { exitCode, stderr } = await run('--cache', 'none');
    expect(exitCode).toBe(125);
    expect(stderr).toContain('a\\n::error::b\\x1b[2J');
    expect(stderr.split('\n').filter((line) => /^\W*::/.test(line) && !line.startsWith('|'))).toEqual([]);
    expect(stderr).not.toContain('\u001b');
  });

  test('shows no secret that it was given', async () => {
    const remote = ['--remote', 'grpc://127.0.0.1:1', '--remote-token', 'canary-token'];
    const script = 'test canary-token != x';
    const built = await bench.start('run', '--cache-dir', bench.cache, ...remote, '--run', script).ended;
    expect([built.exitCode, built.stderr]).toEqual([0, expect.stringContaining('test *** != x built in')]);
    expect(built.stderr).not.toContain('canary');
    const url = ['--buildbox-url', 'ftp://me:canary@host/x', '--buildbox-sha256', '0'.repeat(64)];
    const refused = await run(...url);
    expect([refused.exitCode, refused.stderr]).toEqual([2, expect.stringContaining('ftp://…@host/x')]);
    expect(readdirSync(bench.checkout)).toContain('in.txt');
  });
});
