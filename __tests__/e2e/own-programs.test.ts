import { execFileSync } from 'node:child_process';
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
import { Bench } from './command-line.js';

/** All that we may start, or have started for us. */
const PROGRAMS = [
  ...[
    'git',
    'bwrap',
    'setpriv',
    'sh',
    'bash',
    'readlink',
    'rm',
    'umount',
    'fusermount3',
    'fusermount',
    'tar',
  ],
  ...['gzip', 'zstd', 'python3', 'python', 'pip3', 'pip', 'apt-get', 'apt-config', 'dpkg-query', 'dpkg-deb'],
  ...['rpm', 'sudo', 'buildbox-casd', 'buildbox-run', 'buildbox-run-bubblewrap', 'buildbox-fuse', 'helper'],
];

let bench: Bench;

beforeEach(() => {
  bench = new Bench({ 'in.txt': 'x' });
  git('init', '--quiet');
  git('add', '--all');
});
afterEach(async () => {
  await bench.dispose();
  expect(bench.leftovers()).toEqual([]);
});

const git = (...words: string[]) => execFileSync('git', words, { cwd: bench.checkout });
const marks = () => {
  const folder = join(bench.root, 'marks');
  return existsSync(folder) ? readdirSync(folder).sort() : [];
};

/** Programs that leave a mark, and then do nothing that helps. */
function plantPrograms(folder: string): void {
  mkdirSync(join(bench.root, 'marks'), { recursive: true });
  for (const name of PROGRAMS) {
    bench.write(join(folder, name), `#!/bin/sh\n: >${bench.root}/marks/${name}\nexit 1\n`, 0o755);
  }
}

describe('programs for ourselves', () => {
  test('are never those of the checkout, wherever PATH names them', async () => {
    plantPrograms('bin');
    plantPrograms('node_modules/.bin');
    plantPrograms('.');
    const linked = join(bench.root, 'linked');
    symlinkSync(join(bench.checkout, 'bin'), linked);
    const files = join(bench.root, 'files');
    mkdirSync(files);
    for (const name of ['git', 'bwrap', 'setpriv', 'buildbox-casd', 'buildbox-run', 'pip3']) {
      symlinkSync(join(bench.checkout, 'bin', name), join(files, name));
    }
    const bad = [`${bench.checkout}/bin`, '.', '', 'node_modules/.bin', 'bin', linked, files];
    bench.environment = { PATH: [...bad, process.env.PATH ?? ''].join(':') };
    const flags = ['--outputs', 'out', '--inputs', 'in.txt'];
    const script = '/usr/bin/cp in.txt out';
    const built = await bench.record(flags, script);
    expect([built.record.result, marks()]).toEqual(['built', []]);
    const hit = await bench.record(flags, script);
    expect([hit.record.result, marks()]).toEqual(['hit', []]);
    expect((await bench.command('casd', 'start')).exitCode).toBe(0);
    expect((await bench.command('casd', 'stop')).exitCode).toBe(0);
    expect(marks()).toEqual([]);
  });

  test('are installed by none of the checkout either', async () => {
    plantPrograms('bin');
    const usual = ['/usr/local/bin', '/usr/bin', '/bin'].join(':');
    bench.environment = {
      PATH: `${bench.checkout}/bin:.:${usual}`,
      RUNNER_TOOL_CACHE: join(bench.root, 'tools'),
      PIP_NO_INDEX: '1', // Nothing is to be had, and that is enough to see who was asked.
      APT_CONFIG: join(bench.checkout, 'apt.conf'),
    };
    bench.write('apt.conf', `APT::Update::Pre-Invoke { "touch ${bench.root}/marks/apt.conf"; };\n`);
    const { exitCode } = await bench.run(['--buildbox-source', 'wheel'], 'true');
    expect([exitCode, marks()]).toEqual([125, []]);
  });

  test('a credential helper of the checkout is refused by path, and not found by name', async () => {
    plantPrograms('bin');
    bench.environment = { PATH: `${bench.checkout}/bin:${process.env.PATH ?? ''}` };
    const remote = ['--remote', 'grpc://127.0.0.1:9', '--remote-credential-helper'];
    const byPath = await bench.run([...remote, './bin/helper'], 'true');
    expect(byPath.exitCode).toBe(2);
    expect(byPath.stderr).toMatch(/remote-credential-helper: "\.\/bin\/helper" .* checkout/);
    const byName = await bench.run(['--inputs', 'in.txt', ...remote, 'helper'], 'true');
    expect([byName.exitCode, marks()]).toEqual([0, []]);
  });

  test('read no settings of the checkout, where the home folder is in it', async () => {
    const canary = join(bench.root, 'trace');
    bench.write('home/.gitconfig', `[trace2]\n\tnormalTarget = ${canary}\n`);
    bench.write('xdg/git/config', `[trace2]\n\tnormalTarget = ${canary}\n`);
    for (const environment of [
      { HOME: join(bench.checkout, 'home') },
      { HOME: '/', XDG_CONFIG_HOME: join(bench.checkout, 'xdg') },
    ]) {
      bench.environment = environment;
      expect((await bench.run(['--inputs', 'in.txt'], 'cat in.txt')).stdout).toBe('x');
      expect(existsSync(canary)).toBe(false);
    }
  });
});

describe('the environment of our own programs', () => {
  const SPIES = ['git', 'bwrap', 'setpriv', 'buildbox-casd', 'buildbox-run-bubblewrap', 'buildbox-fuse'];

  /** Where the real one is. */
  function real(name: string): string {
    const installed = execFileSync('find', [process.env.TEST_TOOL_CACHE ?? '', '-path', '*/bin/buildbox-*'])
      .toString()
      .split('\n');
    const tool = installed.find((file) => file.endsWith(`/${name.replace(/-bubblewrap$/, '')}`));
    return (
      tool ??
      execFileSync('sh', ['-c', `command -v ${name}`])
        .toString()
        .trim()
    );
  }

  test('holds nothing of the job but what each of them needs', async () => {
    const spies = join(bench.root, 'spies');
    mkdirSync(spies);
    for (const name of SPIES) {
      const script = `#!/bin/sh\n/usr/bin/env >>${spies}/${name}.env\nexec ${real(name)} "$@"\n`;
      writeFileSync(join(spies, name), script, { mode: 0o755 });
    }
    bench.environment = {
      PATH: `${spies}:${process.env.PATH ?? ''}`,
      ...Object.fromEntries(
        [
          ...[
            'ACTIONS_RUNTIME_TOKEN',
            'ACTIONS_ID_TOKEN_REQUEST_TOKEN',
            'GITHUB_TOKEN',
            'INPUT_REMOTE-TOKEN',
          ],
          ...['AWS_SECRET_ACCESS_KEY', 'CI_JOB_TOKEN', 'GIT_CONFIG_PARAMETERS', 'GIT_EXEC_PATH', 'BASH_ENV'],
          ...['PYTHONPATH', 'PYTHONHOME', 'LD_LIBRARY_PATH', 'PIP_CONFIG_FILE', 'GIT_SSH_COMMAND', 'ENV'],
        ].map((name) => [name, `canary-${name}`]),
      ),
    };
    const built = await bench.record(['--inputs', 'in.txt', '--outputs', 'out'], 'cp in.txt out');
    expect(built.record).toMatchObject({ result: 'built', buildbox: { source: 'path' } });
    const started = readdirSync(spies).filter((name) => name.endsWith('.env'));
    // Which of them run depends on the machine: copies need no buildbox-fuse.
    expect(started).toEqual(expect.arrayContaining(['git.env', 'bwrap.env', 'buildbox-casd.env']));
    for (const name of started) {
      expect([name, readFileSync(join(spies, name), 'utf8')]).toEqual([
        name,
        expect.not.stringMatching(/canary/),
      ]);
    }
    rmSync(spies, { recursive: true });
  });
});
