import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Bench } from './command-line.js';

let bench: Bench;

beforeEach(() => {
  bench = new Bench({ 'main.sh': 'echo "from main"\n', 'README.md': 'hello\n' });
});

afterEach(async () => {
  await bench.dispose();
  expect(bench.leftovers()).toEqual([]);
});

describe('a build and its second run', () => {
  test('is built, then a hit: the same output, the same files', async () => {
    const script = 'mkdir -p out; sh main.sh | tee out/log; echo careful >&2';
    const first = await bench.record(['--outputs', 'out/log'], script);
    expect(first).toMatchObject({
      exitCode: 0,
      record: { version: 1, result: 'built', hitFrom: null, exitCode: 0 },
    });
    expect(first.stderr).toContain('from main\n');
    expect(bench.read('out/log')).toBe('from main\n');

    bench.write('out/log', 'something else');
    const second = await bench.record(['--outputs', 'out/log'], script);
    expect(second.record).toMatchObject({ result: 'hit', hitFrom: 'local', exitCode: 0 });
    expect(second.record.actionDigest).toBe(first.record.actionDigest);
    expect(second.record.outputsDigest).toBe(first.record.outputsDigest);
    expect(second.record.builtBy).toBe(first.record.builtBy);
    expect(bench.read('out/log')).toBe('from main\n');
  });

  test('puts stdout on stdout and stderr on stderr, untouched, when built and when it hits', async () => {
    const script = String.raw`printf 'a\0\377\nno newline'; printf 'to stderr\n' >&2`;
    for (const result of ['built', 'hit']) {
      const { stdout, stderr } = await bench.run([], script);
      expect(createHash('sha256').update(stdout).digest('hex')).toBe(
        createHash('sha256').update(Buffer.from('a\0\xff\nno newline', 'latin1').toString()).digest('hex'),
      );
      expect(stderr).toContain('to stderr\n');
      expect(stderr).toMatch(new RegExp(`printf .* ${result}`));
    }
  });

  test('is another action after any change of what it reads', async () => {
    const digest = async (...flags: string[]) => (await bench.record(flags, 'true')).record.actionDigest;
    const seen = [await digest()];
    bench.write('README.md', 'changed\n');
    seen.push(await digest());
    bench.write('main.sh', 'echo "from main"\n', 0o755);
    seen.push(await digest());
    seen.push(await digest('--salt', 'x'), await digest('--env', 'A=1'), await digest('--timeout', '5m'));
    seen.push(
      await digest('--network', 'on'),
      await digest('--outputs', 'x'),
      await digest('--inputs', 'main.sh'),
    );
    expect(new Set(seen).size).toBe(seen.length);
    bench.write('README.md', 'hello\n');
    bench.write('main.sh', 'echo "from main"\n', 0o644);
    expect(await digest()).toBe(seen[0]);
  });

  test('is named alike wherever the checkout is', async () => {
    const other = new Bench({ 'main.sh': 'echo "from main"\n', 'README.md': 'hello\n' });
    try {
      const [here, there] = [await bench.record([], 'true'), await other.record([], 'true')];
      expect(there.record.actionDigest).toBe(here.record.actionDigest);
    } finally {
      await other.dispose();
    }
  });

  test('does not take its own outputs for inputs, in git and outside', async () => {
    expect((await bench.record(['--outputs', 'out'], 'mkdir out; date +%N > out/x')).record.result).toBe(
      'built',
    );
    expect((await bench.record(['--outputs', 'out'], 'mkdir out; date +%N > out/x')).record.result).toBe(
      'hit',
    );
    execFileSync('git', ['init', '--quiet', bench.checkout]);
    expect((await bench.record(['--outputs', 'out'], 'mkdir out; date +%N > out/x')).record.result).toBe(
      'hit',
    );
  });
});

describe('exit codes', () => {
  test.each([1, 2, 42, 125, 255])('%d is the build’s own', async (code) => {
    const { exitCode, record } = await bench.record([], `exit ${code}`);
    expect([exitCode, record.result, record.exitCode]).toEqual([code, 'failed', code]);
  });

  test('a build killed by a signal is 128 + its number', async () => {
    expect((await bench.run([], 'kill -SEGV $$')).exitCode).toBe(139);
  });

  test('a command that is not there is 127, and named', async () => {
    const { exitCode, stderr } = await bench.start('run', '--cache-dir', bench.cache, '--', 'no-such-tool')
      .ended;
    expect(exitCode).toBe(127);
    expect(stderr).toContain('no-such-tool: there is no such command in the sandbox');
  });

  test('a script in place of a command is told how it is given', async () => {
    const call = ['run', '--cache-dir', bench.cache, '--', 'make all && make check'];
    const { exitCode, stderr } = await bench.start(...call).ended;
    expect(exitCode).toBe(127);
    expect(stderr).toContain('in the sandbox; a script is given with `--run`, a command without quotes');
  });

  test('a build out of time is ended and says so', async () => {
    const { exitCode, stderr } = await bench.run(['--timeout', '1s'], 'sleep 60');
    expect(exitCode).toBe(137);
    expect(stderr).toContain('did not end within its timeout of 1 s');
  });

  test('an output that the build did not make is an error that names it', async () => {
    const { exitCode, stderr, record } = await bench.record(['--outputs', 'a', '--outputs', 'b'], 'touch a');
    expect([exitCode, record.result]).toEqual([1, 'failed']);
    expect(stderr).toContain('did not make the declared output b');
    expect(bench.exists('a')).toBe(true);
  });
});

describe('failures', () => {
  test('are not remembered, unless asked for', async () => {
    const script = 'echo tried; exit 3';
    expect((await bench.record([], script)).record.hitFrom).toBeNull();
    expect((await bench.record([], script)).record.hitFrom).toBeNull();
    expect((await bench.record(['--cache-failures'], script)).record.hitFrom).toBeNull();
    const remembered = await bench.record(['--cache-failures'], script);
    expect(remembered).toMatchObject({ exitCode: 3, record: { result: 'failed', hitFrom: 'local' } });
    expect(remembered.stderr).toContain('tried\n');
    expect((await bench.record([], script)).record.hitFrom).toBeNull();
  });
});

describe('summary: false', () => {
  test('leaves the output of the build alone on stderr too', async () => {
    expect(await bench.run(['--summary', 'false'], 'echo out; echo err >&2')).toMatchObject({
      stdout: 'out\n',
      stderr: 'err\n',
    });
  });
});

describe('download-outputs: false', () => {
  test('leaves the workspace alone and still knows the digests', async () => {
    const flags = ['--outputs', 'x', '--download-outputs', 'false'];
    for (const result of ['built', 'hit']) {
      const { record } = await bench.record(flags, 'echo 1 > x');
      expect(record).toMatchObject({ result, outputs: [{ path: 'x', size: 2 }] });
      expect(bench.exists('x')).toBe(false);
    }
  });
});

describe('the working directory', () => {
  test('is where the command runs and what outputs are relative to', async () => {
    bench.write('sub/in', 'x');
    const { stdout } = await bench.run(['--working-directory', 'sub', '--outputs', 'out'], 'pwd; cp in out');
    expect(stdout).toBe('/workspace/sub\n');
    expect(bench.read('sub/out')).toBe('x');
  });
});

describe('shells', () => {
  test.each([
    ['bash', 'false | true; echo not reached', 1, ''],
    ['sh', 'false | true; echo reached', 0, 'reached\n'],
    ['python3 -c', 'print(6 * 7)', 0, '42\n'],
  ])('%s', async (shell, script, code, output) => {
    expect(await bench.run(['--shell', shell], script)).toMatchObject({ exitCode: code, stdout: output });
  });

  test('a command after -- gets its arguments as they are', async () => {
    const { stdout } = await bench.start(
      'run',
      '--cache-dir',
      bench.cache,
      '--',
      'printf',
      '[%s]',
      'a b',
      '$HOME',
      '*',
    ).ended;
    expect(stdout).toBe('[a b][$HOME][*]');
  });
});

describe('a damaged cache', () => {
  test('is never believed: a blob that was changed is built again', async () => {
    const script = 'echo 1234567 > x';
    const flags = ['--outputs', 'x'];
    await bench.run(flags, script);
    const content = bench.read('x');
    const hash = createHash('sha256').update(content).digest('hex');
    const object = `${bench.cache}/casd/cas/objects/${hash.slice(0, 2)}/${hash.slice(2)}`;
    execFileSync('sh', [
      '-c',
      `chmod u+w ${object} && printf '%s' ${'f'.repeat(content.length)} > ${object}`,
    ]);
    const again = await bench.record(flags, script);
    expect(again.record.result).toBe('built');
    expect(again.stderr).toContain('is corrupt');
    expect(bench.read('x')).toBe('1234567\n');
    expect((await bench.record(flags, script)).record.result).toBe('hit');
  });
});

describe('bad input ends with 2 before anything starts', () => {
  test.each([
    [['--timeout', 'soon'], /timeout: "soon" is not usable. Give a duration/],
    [['--cache-quota', '0'], /cache-quota: "0"/],
    [['--network', 'yes'], /network: "yes" is not usable. Legal values: off, on/],
    [['--outputs', '../x'], /outputs: "..\/x"/],
    [['--working-directory', 'nowhere'], /working-directory: "nowhere"/],
    [['--summary', 'loudly'], /summary: "loudly" is not usable. Legal values: true, false/],
    [['--no-such-flag', 'x'], /unknown option '--no-such-flag'/],
    [['--host-paths', 'relative'], /host-paths: "relative"/],
    [['--inputs', 'no-such-*'], /inputs: "no-such-\*"/],
  ])('%j', async (flags, message) => {
    const { exitCode, stderr, stdout } = await bench.run(flags, 'true');
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
  });
});
