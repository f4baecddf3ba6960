import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { Writable } from 'node:stream';
import { join } from 'node:path';
import { Cancelled, Fault, InputError } from '../../../src/errors.js';
import { terminalHost } from '../../../src/host/terminal/terminal-host.js';
import { BUILT, FAILED } from '../../report/run/sample-report.js';
import { FakeStream } from './fake-terminal.js';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'terminal-host-'));
});
afterAll(() => rm(directory, { recursive: true }));

function open(options: { tty?: boolean; json?: boolean; environment?: NodeJS.ProcessEnv } = {}) {
  const { tty = false, json = false, environment = {} } = options;
  const streams = { stdout: new FakeStream(tty), stderr: new FakeStream(tty) };
  const host = terminalHost({ streams, environment, directory, json });
  return { host, out: () => streams.stdout.text(), err: () => streams.stderr.text() };
}

const nothing = { summary: true, record: undefined };

describe('what is told', () => {
  test('on a pipe is warnings, errors and closing lines', async () => {
    const { host, out, err } = open();
    host.log.phase('digesting');
    host.log.info('casd is up');
    host.log.warn('no \u001b[2Jfuse');
    await host.publish(FAILED, nothing);
    expect(out()).toBe('');
    expect(err()).toBe(
      [
        'warning: no \\x1b[2Jfuse',
        '✗ make -j2 check failed with exit code 2 in 13.4 s',
        '  action  bd938c688f49b77c7fc537c6b9222e2c97ebddd63076b87f2feaec66fb9c05d0/6',
        '  cache   1.24 GB of 4 GB (31 %)',
        '  time    build 11.2 s · tools 1.84 s · casd 118 ms · capture 96 ms (253 input files, 2.87 MB, 99 % cached)',
        '',
      ].join('\n'),
    );
  });

  test('hides what is to be masked, and is no command to a runner that reads it', () => {
    const { host, err } = open({ environment: { GITHUB_ACTIONS: 'true', FORCE_COLOR: '1' } });
    host.mask('sesame-open');
    host.log.warn('sesame-open ##[error]x');
    host.fail(new Fault('no', { log: '::add-mask::x\n  ::error::sesame-open' }));
    const shown = err();
    expect(shown).not.toContain('sesame');
    expect(shown).not.toContain('##[');
    expect(shown.split('\n').filter((line) => /^\s*::/.test(line))).toEqual([]);
    expect(shown).toContain('|     ::add-mask::x');
  });

  test('on a terminal is remarks too, in colour', async () => {
    const { host, err } = open({ tty: true });
    host.log.info('casd is up');
    await host.publish(BUILT, nothing);
    expect(err()).toContain('casd is up\n\u001b[32m✓\u001b[39m \u001b[1mmake -j2 check\u001b[22m built in');
  });

  test.each([
    [new InputError('timeout', 'x', 'Write 5m.'), 2, 'error: timeout: "x" is not usable. Write 5m.\n'],
    [new Fault('no space', { remedy: 'Make some.' }), 125, 'error: no space\n  Make some.\n'],
    [new Cancelled('SIGTERM'), 143, 'error: The run was cancelled (SIGTERM).\n'],
  ])('of an error is what to do: %s', (error, exitCode, text) => {
    const { host, err } = open();
    expect(host.fail(error)).toBe(exitCode);
    expect(err()).toBe(text);
  });
});

describe("the build's output", () => {
  test('goes to its own streams, untouched', async () => {
    const { host, out, err } = open();
    const log = host.openBuildLog('make');
    await log.stdout(Buffer.from('out\u001b[31m no newline'));
    await log.stderr(Buffer.from('err\r'));
    log.close();
    expect([out(), err()]).toEqual(['out\u001b[31m no newline', 'err\r']);
  });

  test('leaves stdout to the record when that is asked for', async () => {
    const { host, out, err } = open({ json: true });
    const log = host.openBuildLog('make');
    await log.stdout(Buffer.from('out\n'));
    await log.stderr(Buffer.from('err\n'));
    log.close();
    await host.publish(BUILT, nothing);
    expect(err()).toMatch(/^out\nerr\n✓ make/);
    expect(JSON.parse(out())).toMatchObject({ version: 1, result: 'built', exitCode: 0 });
  });

  test('may lose its reader without losing the run', async () => {
    const { stdout, broken } = await streamThatBreaks();
    const stderr = new FakeStream(false);
    const host = terminalHost({ streams: { stdout, stderr }, environment: {}, directory, json: false });
    const log = host.openBuildLog('yes');
    const failed = new Promise((resolve) => stdout.on('close', resolve));
    await broken;
    await log.stdout(Buffer.alloc(100_000, 'y\n'));
    await failed;
    await log.stdout(Buffer.from('more'));
    log.close();
    await host.publish(BUILT, nothing);
    expect((stdout.errored as NodeJS.ErrnoException).code).toBe('EPIPE');
    expect(stderr.text()).toMatch(/^✓ make/);
  });
});

test('a stream that cannot be written is told once', async () => {
  const stderr = new FakeStream(false);
  const stdout = new Writable({
    autoDestroy: false,
    write: (_chunk, _encoding, done) => done(Object.assign(new Error('disk full'), { code: 'ENOSPC' })),
  });
  const host = terminalHost({ streams: { stdout, stderr }, environment: {}, directory, json: false });
  const log = host.openBuildLog('yes');
  for (const text of ['a', 'b', 'c']) {
    await log.stdout(Buffer.from(text));
    await new Promise(setImmediate);
  }
  expect(stderr.text()).toBe('warning: stdout cannot be written, the rest is lost: disk full\n');
});

/** A socket whose other end goes away, as the next program of a pipeline does. */
async function streamThatBreaks() {
  const path = join(directory, 'reader.sock');
  const server = createServer((reader) => reader.destroy()).listen(path);
  await once(server, 'listening');
  const stdout = connect({ path, allowHalfOpen: true });
  const broken = once(stdout, 'end').then(() => server.close());
  stdout.resume();
  return { stdout, broken };
}

describe('the record', () => {
  test('is written where it is asked for, with its folder and nothing beside it', async () => {
    const { host } = open();
    await host.publish(BUILT, { summary: true, record: 'a/b/record.json' });
    expect(await readdir(join(directory, 'a/b'))).toEqual(['record.json']);
    expect(JSON.parse(await readFile(join(directory, 'a/b/record.json'), 'utf8'))).toMatchObject({
      version: 1,
    });
  });

  test('that cannot be written is a fault that names it', async () => {
    const { host } = open();
    await expect(host.publish(BUILT, { summary: true, record: '/dev/null/record.json' })).rejects.toThrow(
      /^the build record could not be written to \/dev\/null\/record\.json: .*EEXIST/,
    );
  });
});

describe('the machine', () => {
  test('is read from the environment', () => {
    const { host } = open({
      environment: {
        HOME: '/home/u',
        TMPDIR: '/scratch',
        PATH: '/b::/a:/b',
        RUNNER_TOOL_CACHE: '/opt/tools',
        ImageOS: 'ubuntu24',
        ImageVersion: '20260301.1',
        CI_JOB_URL: 'https://gitlab.example/-/jobs/1',
        XDG_CACHE_HOME: 'relative',
      },
    });
    expect(host.machine).toMatchObject({
      workspace: directory,
      home: '/home/u',
      temporary: '/scratch',
      userCache: '/home/u/.cache',
      toolCache: '/opt/tools',
      path: ['/b', '/a', '/b'],
      image: 'ubuntu24 20260301.1',
      builder: 'https://gitlab.example/-/jobs/1',
      uid: process.getuid?.(),
    });
  });

  test('has a home, a cache and a builder where nothing tells', () => {
    const { machine } = open().host;
    expect(machine).toMatchObject({ temporary: '/tmp', toolCache: undefined, image: undefined, path: [] });
    expect(machine.home).toMatch(/^\//);
    expect(machine.userCache).toBe(join(machine.home, '.cache'));
    expect(machine.builder).toMatch(/^[^@\s]+@\S+$/);
  });
});
