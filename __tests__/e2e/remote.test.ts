import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { credentials, status } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ActionResult } from '../../src/gen/build/bazel/remote/execution/v2/remote_execution.js';
import { ActionCacheClient } from '../../src/gen/build/bazel/remote/execution/v2/remote_execution.services.js';
import { parseDigest } from '../../src/reapi/digest.js';
import { FaultyProxy } from '../remote/faulty-proxy.js';
import { Bench, type BuildRecord } from './command-line.js';
import { startRunner } from './runner.js';

/** A real casd plays the server; the proxy before it misbehaves where a test says so. */
let server: Bench;
let proxy: FaultyProxy;
let serverAddress: string;

beforeAll(async () => {
  server = new Bench();
  serverAddress = (await server.command('casd', 'start')).stdout.trim();
  proxy = new FaultyProxy(serverAddress);
  await proxy.start();
});

afterAll(async () => {
  proxy.stop();
  await server.dispose();
});

let machines: Bench[];
let salt = 0;

beforeEach(() => {
  machines = [];
  salt++;
  proxy.fault = () => undefined;
});

afterEach(async () => {
  for (const machine of machines) {
    await machine.dispose();
    expect(machine.leftovers()).toEqual([]);
  }
});

/** A machine that has never built anything; all have the same checkout. */
function freshMachine(): Bench {
  const machine = new Bench({ 'in.txt': 'x' });
  machines.push(machine);
  return machine;
}

const SCRIPT = 'echo built; mkdir out; cp in.txt out/; echo more > single';
const flags = (...more: string[]) => [
  ...['--remote', proxy.address, '--salt', String(salt), '--outputs', 'out', '--outputs', 'single', ...more],
];

interface RemoteRecord extends BuildRecord {
  readonly remote: {
    readonly endpoint: string | null;
    readonly status: string;
    readonly services: readonly {
      readonly service: string;
      readonly available: boolean;
      readonly says: string;
    }[];
    readonly pushed: { readonly blobs: number; readonly bytes: number } | null;
  };
  readonly trust: { readonly tier: string; readonly mayPush: boolean; readonly why: string };
}

async function build(machine: Bench, ...more: string[]) {
  const started = Date.now();
  const ended = await machine.record(flags(...more), SCRIPT);
  return { ...ended, record: ended.record as RemoteRecord, seconds: (Date.now() - started) / 1000 };
}

function expectOutputs(machine: Bench): void {
  expect(machine.read('out/in.txt')).toBe('x');
  expect(machine.read('single')).toBe('more\n');
}

describe('a second machine', () => {
  test('gets the first one’s result, and needs no BuildBox for it', async () => {
    const first = await build(freshMachine());
    expect(first.record).toMatchObject({
      result: 'built',
      remote: { status: 'ok' },
      trust: { tier: 'local', mayPush: true },
    });
    expect(first.record.remote.pushed?.blobs).toBeGreaterThan(5);

    const second = freshMachine();
    second.environment = { RUNNER_TOOL_CACHE: join(second.root, 'no-tools') };
    const hit = await build(second);
    expect(hit.record).toMatchObject({
      result: 'hit',
      hitFrom: 'remote',
      buildbox: null,
      remote: { status: 'ok', pushed: null },
    });
    expect(hit.record.outputsDigest).toBe(first.record.outputsDigest);
    expect(hit.record.builtBy).toBe(first.record.builtBy);
    expect(hit.stderr).toContain('built\n');
    expectOutputs(second);
    expect(existsSync(join(second.root, 'no-tools'))).toBe(false);
    expect(existsSync(join(second.cache, 'casd'))).toBe(false);
  });

  test('that only gates fetches nothing and still knows that everything is there', async () => {
    await build(freshMachine());
    const gate = freshMachine();
    const reads = proxy.calls.BatchReadBlobs ?? 0;
    const { record } = await build(gate, '--download-outputs', 'false');
    expect(record).toMatchObject({ result: 'hit', hitFrom: 'remote' });
    expect(gate.list()).toEqual(['in.txt']);
    // The printed text, and the tree of `out` for the plan and for what it holds; no file of the outputs.
    expect((proxy.calls.BatchReadBlobs ?? 0) - reads).toBeLessThanOrEqual(3);
  });

  test('pushes only what the remote lacks', async () => {
    await build(freshMachine());
    const { record } = await build(freshMachine(), '--env', 'OTHER=1');
    expect(record.result).toBe('built');
    expect(record.remote.pushed?.blobs).toBeLessThanOrEqual(3); // Action, Command, nothing of the input.
  });

  test('a failed build is pushed only where failures are kept', async () => {
    const fail = (machine: Bench, ...more: string[]) =>
      machine.record(['--remote', proxy.address, '--salt', String(salt), ...more], 'echo broken; exit 3');
    expect((await fail(freshMachine())).record.result).toBe('failed');
    expect((await fail(freshMachine(), '--cache-failures')).record.hitFrom).toBeNull();
    const remembered = await fail(freshMachine(), '--cache-failures');
    expect(remembered).toMatchObject({ exitCode: 3, record: { hitFrom: 'remote' } });
  });
});

describe('push', () => {
  test('never leaves the remote as it is', async () => {
    const { record } = await build(freshMachine(), '--push', 'never');
    expect(record).toMatchObject({ result: 'built', remote: { pushed: null }, trust: { mayPush: false } });
    expect((await build(freshMachine())).record.result).toBe('built');
  });

  test('without inputs gives less, and the entry all the same', async () => {
    const { record } = await build(freshMachine(), '--push-inputs', 'false', '--env', `SALT=${salt}`);
    expect(record.result).toBe('built');
    expect((await build(freshMachine(), '--env', `SALT=${salt}`)).record.hitFrom).toBe('remote');
  });

  test('to a remote that allows only reading is said once, and the build stays green', async () => {
    proxy.fault = (method) =>
      /^(BatchUpdateBlobs|Write|UpdateActionResult)$/.test(method)
        ? { kind: 'error', code: status.PERMISSION_DENIED, details: 'read only' }
        : undefined;
    const { exitCode, stderr, record } = await build(freshMachine());
    expect([exitCode, record.result, record.remote.status]).toEqual([0, 'built', 'degraded']);
    expect(stderr.match(/does not allow it/g)).toHaveLength(1);
  });

  test('on GitHub is for the default branch only', async () => {
    const payload = { repository: { default_branch: 'main' } };
    const cases = [
      ['pull_request', 'refs/pull/1/merge', 0],
      ['push', 'refs/heads/feature', 0],
      ['push', 'refs/heads/main', 1],
    ] as const;
    for (const [name, ref, entries] of cases) {
      const runner = await startRunner();
      const workspace = mkdtempSync(join(tmpdir(), 'workspace-'));
      const before = proxy.calls.UpdateActionResult ?? 0;
      try {
        const { outputs } = await runner.runJob({
          action: resolve('.'),
          workspace,
          event: { name, payload },
          environment: { RUNNER_TOOL_CACHE: process.env.TEST_TOOL_CACHE ?? '', GITHUB_REF: ref },
          inputs: { run: `echo ${name} ${ref}`, remote: proxy.address },
        });
        expect(outputs).toMatchObject({ result: 'built', 'remote-status': 'ok' });
        expect((proxy.calls.UpdateActionResult ?? 0) - before).toBe(entries);
      } finally {
        rmSync(workspace, { recursive: true });
        await runner.dispose();
      }
    }
  });
});

describe('an entry that cannot be used is a miss, and is replaced', () => {
  async function spoil(change: (result: ActionResult) => void): Promise<void> {
    const { record } = await build(freshMachine());
    const client = new ActionCacheClient(serverAddress, credentials.createInsecure());
    const actionDigest = parseDigest(record.actionDigest);
    const ask = { instanceName: '', actionDigest, digestFunction: 0 } as const;
    const result = await new Promise<ActionResult>((done, fail) =>
      client.getActionResult(
        { ...ask, inlineStdout: false, inlineStderr: false, inlineOutputFiles: [] },
        (error, answer) => (error ? fail(error) : done(answer)),
      ),
    );
    change(result);
    await new Promise((done, fail) =>
      client.updateActionResult(
        { ...ask, actionResult: result, resultsCachePolicy: undefined },
        (error, answer) => (error ? fail(error) : done(answer)),
      ),
    );
    client.close();
  }

  test.each<[string, (result: ActionResult) => void, RegExp]>([
    ['a path that climbs', (result) => (firstFile(result).path = '../x'), /"\.\.\/x", which is not one/],
    [
      'two outputs at one path',
      (result) => result.outputSymlinks.push({ path: 'single', target: 'in.txt', nodeProperties: undefined }),
      /"single", which is not one, or twice/,
    ],
    [
      'an absolute symlink',
      (result) => {
        result.outputFiles = [];
        result.outputSymlinks = [{ path: 'single', target: '/etc/passwd', nodeProperties: undefined }];
      },
      /symlink out of the workspace/,
    ],
    ['an output too few', (result) => (result.outputFiles = []), /lacks the output single/],
  ])('%s', async (_, change, message) => {
    await spoil(change);
    const machine = freshMachine();
    const again = await build(machine);
    expect(again.record).toMatchObject({ result: 'built', exitCode: 0 });
    expect(again.stderr).toMatch(message);
    expectOutputs(machine);
    expect((await build(freshMachine())).record.hitFrom).toBe('remote');
  });

  const firstFile = (result: ActionResult) => {
    const [file] = result.outputFiles;
    if (file === undefined) throw new Error('the result has no file');
    return file;
  };

  test('a blob with wrong bytes', async () => {
    await build(freshMachine());
    proxy.fault = (method) =>
      method === 'BatchReadBlobs'
        ? {
            kind: 'garble',
            change: (message) =>
              Buffer.from(message.toString('latin1').replace('more\n', 'evil\n'), 'latin1'),
          }
        : undefined;
    const machine = freshMachine();
    const { record, stderr } = await build(machine);
    expect(record.result).toBe('built');
    expect(stderr).toMatch(/is corrupt/);
    expectOutputs(machine);
  });
});

describe('a remote that is no good costs seconds at most, and never a build', () => {
  const MOST_SECONDS = 15; // Ten that the remote may cost, and what the build takes on a busy machine.

  test('not there at all', async () => {
    const machine = freshMachine();
    const { record, stderr, seconds } = await build(machine, '--remote', 'grpc://127.0.0.1:1');
    expect(record).toMatchObject({ result: 'built', exitCode: 0, remote: { status: 'unavailable' } });
    expect(stderr.match(/going on without it/g)).toHaveLength(1);
    expect(seconds).toBeLessThan(MOST_SECONDS);
    expectOutputs(machine);
  });

  test('there and silent', async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((done) => silent.listen(0, '127.0.0.1', done));
    const { port } = silent.address() as { port: number };
    try {
      const { record, seconds } = await build(freshMachine(), '--remote', `grpc://127.0.0.1:${port}`);
      expect(record).toMatchObject({ result: 'built', remote: { status: 'unavailable' } });
      expect(seconds).toBeLessThan(MOST_SECONDS);
    } finally {
      silent.close();
    }
  });

  test.each([
    'GetCapabilities',
    'GetActionResult',
    'FindMissingBlobs',
    'BatchReadBlobs',
    'BatchUpdateBlobs',
    'UpdateActionResult',
  ])('silent at %s', async (method) => {
    if (method === 'BatchReadBlobs') await build(freshMachine());
    proxy.fault = (called) => (called === method ? { kind: 'silent' } : undefined);
    const machine = freshMachine();
    const { record, exitCode, seconds } = await build(machine);
    expect([exitCode, record.result]).toEqual([0, 'built']);
    expect(record.remote.status).not.toBe('ok');
    expect(seconds).toBeLessThan(MOST_SECONDS);
    expectOutputs(machine);
  });

  test.each([
    'GetCapabilities',
    'GetActionResult',
    'BatchReadBlobs',
    'BatchUpdateBlobs',
    'UpdateActionResult',
  ])('cut off at %s', async (method) => {
    if (method === 'BatchReadBlobs') await build(freshMachine());
    proxy.fault = (called) => (called === method ? { kind: 'cut' } : undefined);
    const machine = freshMachine();
    const { record, exitCode, seconds } = await build(machine);
    expect([exitCode, record.result]).toEqual([0, 'built']);
    expect(seconds).toBeLessThan(MOST_SECONDS);
    expectOutputs(machine);
  });

  test('unavailable for two seconds, then well: nobody notices', async () => {
    await build(freshMachine());
    const well = Date.now() + 2000;
    proxy.fault = () => (Date.now() < well ? { kind: 'error', code: status.UNAVAILABLE } : undefined);
    const { record, stderr } = await build(freshMachine());
    expect(record).toMatchObject({ result: 'hit', hitFrom: 'remote', remote: { status: 'ok' } });
    expect(stderr).not.toContain('warning');
  });

  test('slower than the latency budget is left alone', async () => {
    proxy.fault = () => ({ kind: 'delay', milliseconds: 300 });
    const { record, seconds } = await build(freshMachine(), '--latency-budget', '100ms');
    expect(record.result).toBe('built');
    expect(seconds).toBeLessThan(MOST_SECONDS);
  });

  test('refuses our token: told apart from a server that is not there', async () => {
    proxy.fault = () => ({ kind: 'error', code: status.UNAUTHENTICATED, details: 'bad token' });
    const { record, stderr } = await build(freshMachine(), '--remote-token', 'canary-token');
    expect(record).toMatchObject({ result: 'built', remote: { status: 'unavailable' } });
    expect(stderr).toMatch(/is there and refuses/);
    expect(stderr + JSON.stringify(record)).not.toContain('canary-token');
  });

  test('ends the run with 125 where that was asked for', async () => {
    const { exitCode, stderr } = await freshMachine().run(
      ['--remote', 'grpc://127.0.0.1:1', '--on-unavailable', 'fail'],
      'echo never',
    );
    expect(exitCode).toBe(125);
    expect(stderr).toContain('on-unavailable');
  });
});

describe('mistakes in the remote inputs end with 2', () => {
  test.each([
    [['--remote', 'cas.example.com'], /remote: /],
    [['--remote', 'ftp://cas.example.com'], /remote: /],
    [['--remote', 'grpc://x:1', '--push', 'sometimes'], /push: .*trusted, always, never/],
    [['--remote', 'grpc://x:1', '--latency-budget', '0'], /latency-budget: /],
    [['--remote', 'grpc://x:1', '--on-unavailable', 'wait'], /on-unavailable: .*continue, fail/],
    [['--remote', 'grpc://x:1', '--remote-headers', 'no colon'], /remote-headers: /],
  ])('%j', async (words, message) => {
    const machine = freshMachine();
    const { exitCode, stderr } = await machine.run(words, 'true');
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(message);
    expect(readdirSync(machine.root)).toEqual(['checkout']);
  });
});
