import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { RawInputs } from '../../src/config/given.js';
import { readConfig } from '../../src/config/read.js';
import type { Machine } from '../../src/machine.js';

let machine: Machine;

beforeAll(() => {
  const workspace = mkdtempSync(join(tmpdir(), 'config-'));
  mkdirSync(join(workspace, 'src'));
  machine = {
    workspace,
    home: '/home/someone',
    temporary: tmpdir(),
    userCache: '/home/someone/.cache',
    programs: '/opt/buildbox-action/dist',
    toolCache: undefined,
    path: ['/usr/bin'],
    image: undefined,
    environment: { CC: 'clang', ACTIONS_RUNTIME_TOKEN: 'secret', GITHUB_TOKEN: 'secret' },
    builder: 'someone@somewhere',
    uid: 1000,
    gid: 1000,
  };
});

afterAll(() => rmSync(machine.workspace, { recursive: true }));

const read = (raw: RawInputs, argv: readonly string[] = []) =>
  readConfig({ run: 'make', ...raw }, machine, argv);

describe('what is left out', () => {
  test('gets the defaults of action.yml', () => {
    expect(read({})).toEqual({
      requireTier: 'any',
      build: {
        argv: ['bash', '--noprofile', '--norc', '-eo', 'pipefail', '-c', 'make'],
        title: 'make',
        workingDirectory: '',
        inputs: [],
        outputs: [],
        environment: {},
        timeout: 3_600_000,
        salt: '',
        cacheFailures: false,
        downloadOutputs: true,
        outputsOnFailure: true,
      },
      sandbox: {
        rootfs: { kind: 'host' },
        network: 'off',
        hostPaths: [],
        user: { uid: 1000, gid: 1000 },
        platform: { properties: [], features: false },
        processes: undefined,
        memory: undefined,
        tmpSize: undefined,
        fixHost: 'auto',
        staging: 'auto',
      },
      remote: undefined,
      cache: {
        directory: '/home/someone/.cache/buildbox-action',
        quota: 4_000_000_000,
        packs: { kind: 'none', explicit: false },
        key: 'default',
        maxAge: 14 * 86_400_000,
        timeLimit: 120_000,
      },
      buildbox: { source: 'auto', version: undefined, url: undefined, sha256: undefined },
      report: { summary: true, record: undefined },
    });
  });

  test('is what an empty value means too', () => {
    expect(read({ timeout: '', outputs: '', 'cache-quota': '' })).toEqual(read({}));
  });
});

describe('the command', () => {
  test.each([
    ['sh', ['sh', '-e', '-c', 'make']],
    ['python3 -c', ['python3', '-c', 'make']],
  ])('shell %j', (shell, argv) => expect(read({ shell }).build.argv).toEqual(argv));

  test('after -- is taken as it is, and quoted only for people', () => {
    const { argv, title } = read({ run: '' }, ['printf', '%s\n', "it's"]).build;
    expect(argv).toEqual(['printf', '%s\n', "it's"]);
    expect(title).toBe(`printf '%s …`);
  });

  test('a long script is titled by its first line', () => {
    expect(read({ run: '\nmake all\nmake check\n' }).build.title).toBe('make all …');
  });

  test('both ways at once, and none, are mistakes', () => {
    expect(() => read({}, ['make'])).toThrow(/^run: .*not both/);
    expect(() => read({ run: ' ' })).toThrow(/^run: /);
  });
});

describe('paths', () => {
  test('outputs are relative to the working directory and told once', () => {
    expect(read({ outputs: 'build/app\n./build/app\nlogs/' }).build.outputs).toEqual(['build/app', 'logs']);
  });

  test.each([
    ['outputs', '/etc/passwd'],
    ['outputs', '../x'],
    ['outputs', 'a/../../x'],
    ['outputs', '.'],
    ['outputs', 'build\nbuild/app'],
    ['outputs', 'a/.Git/hooks'],
    ['record', '.git/config'],
    ['working-directory', '..'],
    ['working-directory', '/'],
    ['working-directory', 'missing'],
    ['cache-dir', '/proc/x'],
    ['cache-dir', '/etc/passwd'],
    ['cache-dir', '/etc/passwd/x'],
    ['cache', 'disk'],
    ['cache', 'folder:'],
    ['cache', 'folder:/proc/x'],
    ['cache', 'remote'],
    ['cache-key', 'two\nlines'],
    ['cache-max-age', '0d'],
    ['cache-time-limit', 'soon'],
    ['rootfs', 'debian:12'],
    ['rootfs', 'cas:abc/1'],
    ['rootfs', `cas:${'a'.repeat(64)}`],
    ['user', '1000'],
    ['user', 'root:root'],
    ['user', '-1:0'],
    ['user', '0:2147483648'],
    ['platform', 'big'],
    ['platform', '=big'],
    ['platform', 'pool='],
    ['platform', 'a b=c'],
    ['platform', 'OSFamily=windows'],
    ['platform', 'inject=host-1'],
    ['platform', 'Network=on'],
    ['platform', 'unixUID=0'],
    ['platform', 'cpuFeatures=abc'],
    ['processes', '0'],
    ['processes', '1.5'],
    ['processes', 'many'],
    ['memory', 'much'],
    ['tmp-size', 'half'],
    ['tmp-size', '0'],
    ['fix-host', 'sometimes'],
    ['staging', 'link'],
  ])('%s: %j is refused', (input, value) => {
    expect(() => read({ [input]: value })).toThrow(new RegExp(`^${input}: `));
  });

  test('a property of BuildBox that an input says names the input', () => {
    expect(() => read({ platform: 'unixUID=0' })).toThrow(/set the input `user`/);
    expect(() => read({ platform: 'inject=host-1' })).toThrow(/take another name/);
  });

  test('cache-dir and record are relative to the workspace', () => {
    const config = read({ 'cache-dir': 'c', record: 'out/record.json' });
    expect(config.cache.directory).toBe(join(machine.workspace, 'c'));
    expect(config.report.record).toBe(join(machine.workspace, 'out/record.json'));
  });
});

test('a root file system is named by the digest of a Directory', () => {
  const hash = 'ab'.repeat(32);
  expect(read({ rootfs: `cas:${hash}/77` }).sandbox.rootfs).toEqual({
    kind: 'cas',
    digest: { hash, sizeBytes: 77 },
  });
});

test('the sandbox is told of its user, of properties, of the processor, and of limits', () => {
  const { platform, processes, memory, tmpSize, user } = read({
    user: '0:2147483647',
    platform: 'pool=big\nisa\npool=small\npool=big\nflag=a=b',
    processes: '100',
    memory: '2G',
    'tmp-size': '1Gi',
  }).sandbox;
  const properties = [
    ['pool', 'big'],
    ['pool', 'small'],
    ['flag', 'a=b'],
  ];
  expect(platform).toEqual({ properties, features: true });
  expect([processes, memory, tmpSize]).toEqual([100, 2e9, 2 ** 30]);
  expect(user).toEqual({ uid: 0, gid: 2147483647 });
});

describe('require-tier', () => {
  test('is one of two', () => {
    expect(read({ 'require-tier': 'trusted' }).requireTier).toBe('trusted');
    expect(() => read({ 'require-tier': 'local' })).toThrow(/^require-tier: .*any, trusted/);
  });
});

describe('where results are kept', () => {
  const onGitHub = { GITHUB_ACTIONS: 'true', GITHUB_WORKFLOW: 'CI', GITHUB_JOB: 'test' };
  const keep = (raw: RawInputs, environment: Record<string, string>) =>
    readConfig({ run: 'make', ...raw }, { ...machine, environment }).cache;

  test.each<[RawInputs, Record<string, string>, string, boolean]>([
    [{}, {}, 'none', false],
    [{}, onGitHub, 'github', false],
    [{ remote: 'grpc://localhost:1' }, onGitHub, 'none', false],
    [{ cache: 'github', remote: 'grpc://localhost:1' }, onGitHub, 'github', true],
    [{ cache: 'remote', remote: 'grpc://localhost:1' }, {}, 'none', true],
    [{ cache: 'none' }, onGitHub, 'none', true],
  ])('%j with %j: %s', (raw, environment, kind, explicit) => {
    expect(keep(raw, environment).packs).toEqual({ kind, explicit });
  });

  test('a folder is relative to the workspace', () => {
    const path = join(machine.workspace, 'kept');
    expect(keep({ cache: 'folder:kept' }, {}).packs).toEqual({ kind: 'folder', path });
  });

  test('the key is the workflow and the job, unless it is given', () => {
    expect(keep({}, onGitHub).key).toBe('CI / test');
    expect(keep({ 'cache-key': 'mine' }, onGitHub).key).toBe('mine');
  });
});

describe('the environment of the build', () => {
  test('is what is given and what is passed through', () => {
    expect(read({ env: 'A=1\nB=x=y\nE=\nCC' }).build.environment).toEqual({
      A: '1',
      B: 'x=y',
      E: '',
      CC: 'clang',
    });
  });

  test.each([
    'ACTIONS_RUNTIME_TOKEN',
    'GITHUB_TOKEN',
    'INPUT_RUN=x',
    'GITHUB_ENV=/x',
    'NOT_SET',
    '1A=x',
    'a b',
  ])('%j is refused', (env) => expect(() => read({ env })).toThrow(/^env: /));

  test('a line that is refused does not show its value', () => {
    expect(() => read({ env: 'a b=hunter2' })).toThrow(/^env: "a b=…"/);
  });
});

describe('BuildBox', () => {
  test.each([
    ['buildbox-sha256', { 'buildbox-sha256': 'abc' }],
    ['buildbox-sha256', { 'buildbox-url': 'https://example.com/a.tgz' }],
    ['buildbox-url', { 'buildbox-url': 'ftp://example.com/a.tgz' }],
    ['buildbox-source', { 'buildbox-sha256': 'a'.repeat(64), 'buildbox-source': 'wheel' }],
    ['buildbox-source', { 'buildbox-source': 'github' }],
  ])('a wrong %s is refused', (input, raw) => expect(() => read(raw)).toThrow(new RegExp(`^${input}: `)));
});
