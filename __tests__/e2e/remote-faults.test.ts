import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  DigestFunction_Value,
  ServerCapabilities,
} from '../../src/gen/build/bazel/remote/execution/v2/remote_execution.js';
import { comeBackAfter } from '../remote/connected.js';
import type { Fault } from '../remote/faulty-proxy.js';
import {
  changeEntry,
  expectCost,
  expectOutputs,
  FILES,
  RemoteServer,
  type Scene,
  tokenOf,
  took,
} from './remote-scene.js';
import { startRunner } from './runner.js';

const server = new RemoteServer();
/** Takes every connection and says nothing. */
let silent: Server;
let silentAddress: string;

beforeAll(async () => {
  await server.start();
  silent = createServer(() => undefined);
  await new Promise<void>((done) => silent.listen(0, '127.0.0.1', done));
  silentAddress = `grpc://127.0.0.1:${(silent.address() as { port: number }).port}`;
});

afterAll(async () => {
  silent.close();
  await server.stop();
});

const DEAD = 'grpc://127.0.0.1:1';

interface Call {
  readonly at: string;
  readonly method: string;
  /** Whether the server knows the result when the run begins. */
  readonly known?: boolean;
  readonly large?: boolean;
  readonly flags?: readonly string[];
}

/** The calls of all runs. */
const CALLS: readonly Call[] = [
  { at: 'capabilities', method: 'GetCapabilities' },
  { at: 'look-up', method: 'GetActionResult' },
  {
    at: 'closure check',
    method: 'FindMissingBlobs',
    known: true,
    flags: ['--download-outputs', 'false'],
  },
  { at: 'fetch of outputs', method: 'BatchReadBlobs', known: true },
  { at: 'fetch of a large output', method: 'Read', known: true, large: true },
  { at: 'find-missing', method: 'FindMissingBlobs' },
  { at: 'upload', method: 'BatchUpdateBlobs' },
  { at: 'upload of a large blob', method: 'Write', large: true },
  { at: 'entry update', method: 'UpdateActionResult' },
];
const LARGE = { 'in.txt': 'large '.repeat(1_000_000) };

/** A run that comes to a call with a fault there. It is to end as if there were no remote. */
function meeting(
  { at, method, known = false, large = false, flags = [] }: Call,
  fault: Fault,
  least: number,
) {
  const play = async (scene: Scene) => {
    const files = !large ? FILES : known ? LARGE : { 'in.txt': `${LARGE['in.txt']}${scene.salt}` };
    scene.proxy.fault = (called) => (called === method ? fault : undefined);
    const machine = scene.freshMachine(files);
    const built = await scene.buildOn(machine, ...flags);
    expect(scene.proxy.calls[method]).toBeGreaterThan(0);
    expect(built.record).toMatchObject({ result: 'built', exitCode: 0 });
    expect(built.record.remote.status).toBe(at === 'capabilities' ? 'unavailable' : 'degraded');
    expect(built.stderr.match(/going on without it/g)).toHaveLength(1);
    expect(machine.exists('out/in.txt')).toBe(flags.length === 0);
    expectCost(built, least);
  };
  return known ? server.knowing(large ? LARGE : FILES, play) : server.scene(play);
}

describe('a remote that is no good costs seconds at most, and never a build:', () => {
  test.concurrent(
    'down at start',
    server.scene(async (scene) => {
      const built = await scene.build('--remote', DEAD);
      expect(built.record).toMatchObject({
        result: 'built',
        exitCode: 0,
        remote: { status: 'unavailable' },
      });
      expect(built.stderr.match(/nobody listens .* going on without it/g)).toHaveLength(1);
      expectOutputs(built);
      expectCost(built, 2000);
      // A restart of two seconds is waited for, and not much more: no further attempt begins after that.
      expect(built.record.remote.delay).toBeLessThan(4000);
    }),
  );

  test.concurrent(
    'silent',
    server.scene(async (scene) => {
      const built = await scene.build('--remote', silentAddress);
      expect(built.record).toMatchObject({ result: 'built', remote: { status: 'unavailable' } });
      expectOutputs(built);
      expectCost(built, 2000);
    }),
  );

  for (const call of CALLS) {
    test.concurrent(`silent in ${call.at}`, meeting(call, { kind: 'silent' }, 2000));
    test.concurrent(`dies in ${call.at}`, meeting(call, { kind: 'die' }, 2000));
  }

  test.concurrent(
    'stops in the middle of a large fetch, again and again',
    meeting({ at: '', method: 'Read', known: true, large: true }, { kind: 'stop', after: 1 }, 2000),
  );

  test.concurrent(
    'cut off in every upload',
    meeting({ at: '', method: 'BatchUpdateBlobs' }, { kind: 'cut' }, 2000),
  );

  test.concurrent(
    'slower than the latency budget is left alone',
    server.scene(async (scene) => {
      scene.proxy.fault = () => ({ kind: 'delay', milliseconds: 2000 });
      const built = await scene.build('--latency-budget', '100ms');
      expect(built.record).toMatchObject({ result: 'built', remote: { status: 'unavailable' } });
      expect(built.stderr).toMatch(/answers in \d+ ms, over the latency budget of 100 ms/);
      expect(Object.keys(scene.proxy.calls)).toEqual(['GetCapabilities']);
      expectCost(built, 100);
    }),
  );

  test.concurrent(
    'every answer late, though within the latency budget, without end',
    server.scene(async (scene) => {
      await scene.spoil((await scene.build()).record, took(3600));
      scene.proxy.fault = () => ({ kind: 'delay', milliseconds: 2900 });
      const built = await scene.build('--latency-budget', '2m');
      expect(built.record).toMatchObject({ result: 'built', remote: { status: 'degraded' } });
      expect(built.stderr).toMatch(/has delayed this run by 10 s/);
      expectOutputs(built);
      expectCost(built);
    }),
  );
});

describe('a remote that sends slowly', () => {
  const slowly = async (scene: Scene, bytesASecond: number, seconds: number) => {
    scene.proxy.fault = (method) => {
      if (method === 'GetActionResult') return { kind: 'garble', change: changeEntry(took(seconds)) };
      return method === 'Read' ? { kind: 'slow', bytesASecond } : undefined;
    };
    return scene.buildOn(scene.freshMachine(LARGE));
  };

  test.concurrent(
    'and steadily is not waited for longer than it took to build',
    server.knowing(LARGE, async (scene) => {
      const built = await slowly(scene, 400_000, 1);
      expect(built.record).toMatchObject({ result: 'built', remote: { status: 'degraded' } });
      expect(built.stderr).toMatch(/to fetch the result would take .*, and building it took /);
      expectCost(built, 1000);
    }),
  );

  test.concurrent(
    'is waited for when building took longer',
    server.knowing(LARGE, async (scene) => {
      const { record, machine } = await slowly(scene, 2_000_000, 3600);
      expect(record).toMatchObject({ result: 'hit', hitFrom: 'remote', remote: { status: 'ok', delay: 0 } });
      expect(machine.read('out/in.txt')).toBe(LARGE['in.txt']);
    }),
  );

  test.concurrent(
    'in a trickle is not waited for, whatever it may be worth',
    server.knowing(LARGE, async (scene) => {
      const built = await slowly(scene, 1000, 36_000);
      expect(built.record).toMatchObject({ result: 'built', remote: { status: 'degraded' } });
      expect(built.stderr).toMatch(/has delayed this run by 10 s/);
      expectCost(built, 1000);
    }),
  );
});

describe('a fault that passes is not noticed:', () => {
  test.concurrent(
    'unavailable for two seconds, then well',
    server.knowing(FILES, async (scene) => {
      let well: number | undefined;
      scene.proxy.fault = () => {
        well ??= Date.now() + 2000;
        return Date.now() < well ? { kind: 'error', code: status.UNAVAILABLE } : undefined;
      };
      const hit = await scene.build();
      expect(hit.record).toMatchObject({ result: 'hit', hitFrom: 'remote', remote: { status: 'ok' } });
      expect(hit.stderr).not.toContain('warning');
      expectCost(hit);
    }),
  );

  test.concurrent(
    'down for two seconds while it is used',
    server.scene(async (scene) => {
      let downs = 0;
      scene.proxy.fault = (method) => {
        if (method !== 'BatchUpdateBlobs' || downs++ > 0) return undefined;
        setTimeout(() => void scene.proxy.start(), 2000);
        return { kind: 'die' };
      };
      const built = await scene.build();
      expect(built.record).toMatchObject({ result: 'built', remote: { status: 'ok' } });
      expectCost(built, 1000);
      expect((await scene.build()).record.hitFrom).toBe('remote');
    }),
  );

  test.concurrent(
    'cut off once in every call',
    server.scene(async (scene) => {
      const once = (_: string, call: number): Fault | undefined => (call === 1 ? { kind: 'cut' } : undefined);
      scene.proxy.fault = once;
      const built = await scene.build();
      expect(built.record).toMatchObject({ result: 'built', remote: { status: 'ok' } });
      expectCost(built);
      delete scene.proxy.calls.GetActionResult;
      const hit = await scene.build();
      expect(hit.record).toMatchObject({ hitFrom: 'remote', remote: { status: 'ok' } });
      expectCost(hit);
    }),
  );

  test.concurrent(
    'no room for now, and a word when to come back',
    server.knowing(FILES, async (scene) => {
      const times: number[] = [];
      scene.proxy.fault = (method) => {
        if (method !== 'GetActionResult') return undefined;
        times.push(performance.now());
        const metadata = comeBackAfter(1200);
        return times.length < 3 ? { kind: 'error', code: status.RESOURCE_EXHAUSTED, metadata } : undefined;
      };
      const hit = await scene.build();
      expect(hit.record).toMatchObject({ hitFrom: 'remote', remote: { status: 'ok' } });
      const [first = 0, second = 0, third = 0] = times;
      expect(Math.min(second - first, third - second)).toBeGreaterThanOrEqual(1190);
      expectCost(hit, 2000);
    }),
  );

  test.concurrent(
    'no room, and a word to come back in a minute: nobody waits for that',
    server.scene(async (scene) => {
      const metadata = comeBackAfter(60_000);
      scene.proxy.fault = () => ({ kind: 'error', code: status.RESOURCE_EXHAUSTED, metadata });
      const built = await scene.build();
      expect(built.record).toMatchObject({ result: 'built', remote: { status: 'unavailable' } });
      expect(scene.proxy.calls).toEqual({ GetCapabilities: 1 });
      expectCost(built);
    }),
  );
});

describe('a server that is not for us', () => {
  const says =
    (change: (said: ServerCapabilities) => void) =>
    (method: string): Fault | undefined =>
      method === 'GetCapabilities'
        ? {
            kind: 'garble',
            change: (message) => {
              const said = ServerCapabilities.decode(message);
              change(said);
              return Buffer.from(ServerCapabilities.encode(said).finish());
            },
          }
        : undefined;
  const version = (major: number) => ({ major, minor: 0, patch: 0, prerelease: '' });

  test.concurrent.each<[string, (said: ServerCapabilities) => void, RegExp]>([
    [
      'for its digest function',
      (said) => {
        if (said.cacheCapabilities === undefined) throw new Error('casd tells nothing of its cache');
        said.cacheCapabilities.digestFunctions = [DigestFunction_Value.BLAKE3];
      },
      /offers only BLAKE3, where SHA256/,
    ],
    [
      'for its version of the API',
      (said) => {
        said.lowApiVersion = version(3);
        said.highApiVersion = version(3);
      },
      /offers only 3\.0, where .* version 2/,
    ],
  ])('%s is left alone at once', async (_, change, message) =>
    server.scene(async (scene) => {
      scene.proxy.fault = says(change);
      const built = await scene.build();
      expect(built.record).toMatchObject({ result: 'built', remote: { status: 'unavailable' } });
      expect(built.stderr).toMatch(message);
      expect(scene.proxy.calls).toEqual({ GetCapabilities: 1 });
      expectCost(built);
    })(),
  );

  test.concurrent(
    'as it takes no entries, is still asked for them',
    server.knowing(FILES, async (scene) => {
      scene.proxy.fault = says((said) => {
        if (said.cacheCapabilities !== undefined)
          said.cacheCapabilities.actionCacheUpdateCapabilities = { updateEnabled: false };
      });
      expect((await scene.build()).record.hitFrom).toBe('remote');
      const built = await scene.build('--env', 'OTHER=1');
      expect(built.record).toMatchObject({ result: 'built', remote: { status: 'ok', pushed: null } });
      expect(built.stderr).toContain('the remote takes no action-cache entries');
      expect(scene.proxy.calls.UpdateActionResult).toBeUndefined();
      expectCost(built);
    }),
  );

  test.concurrent(
    'as it allows only reading: said once, and the build is green',
    server.scene(async (scene) => {
      scene.proxy.fault = (method) =>
        /^(BatchUpdateBlobs|Write|UpdateActionResult)$/.test(method)
          ? { kind: 'error', code: status.PERMISSION_DENIED, details: 'read only' }
          : undefined;
      const built = await scene.build();
      expect(built.record).toMatchObject({ result: 'built', exitCode: 0, remote: { status: 'degraded' } });
      expect(built.stderr.match(/does not allow it/g)).toHaveLength(1);
      expect(scene.proxy.calls.UpdateActionResult).toBeUndefined();
      expectCost(built);
    }),
  );

  test.concurrent(
    'as it refuses our token: told apart from one that is not there',
    server.scene(async (scene) => {
      scene.proxy.fault = () => ({ kind: 'error', code: status.UNAUTHENTICATED, details: 'bad token' });
      const built = await scene.build('--remote-token', 'canary-token');
      expect(built.record).toMatchObject({ result: 'built', remote: { status: 'unavailable' } });
      expect(built.stderr).toMatch(/is there and refuses/);
      expect(built.stderr + built.stdout).not.toContain('canary-token');
      expectCost(built);
    }),
  );
});

describe('a token that expires in mid-run', () => {
  const refusal: Fault = { kind: 'error', code: status.UNAUTHENTICATED, details: 'token expired' };

  test.concurrent(
    'is told as refused, and the build is green',
    server.scene(async (scene) => {
      let calls = 0;
      scene.proxy.fault = () => (++calls > 2 ? refusal : undefined);
      const built = await scene.build('--remote-token', 'canary-token');
      expect(built.record).toMatchObject({ result: 'built', exitCode: 0, remote: { status: 'degraded' } });
      expect(built.stderr).toMatch(/is there and refuses the token of `remote-token` \(token expired\)/);
      expect(built.stderr + built.stdout).not.toContain('canary-token');
      expectOutputs(built);
      expectCost(built);
    }),
  );

  /** A helper that gives `token-1`, `token-2`, …; without a life they are good until the server says otherwise. */
  function helper(machine: { readonly root: string }, life: number | undefined): string {
    const file = join(machine.root, 'helper.cjs');
    const expires = life === undefined ? '' : `expires: new Date(Date.now() + ${life}).toISOString(),`;
    writeFileSync(
      file,
      `#!${process.execPath}
const { existsSync, writeFileSync } = require('node:fs');
let i = 1;
while (existsSync(__filename + i)) i++;
writeFileSync(__filename + i, '');
console.log(JSON.stringify({ ${expires} headers: { Authorization: ['Bearer token-' + i] } }));
`,
      { mode: 0o755 },
    );
    return file;
  }

  test.concurrent.each([
    ['and says when', 3000],
    ['without a word', undefined],
  ])('%s, is replaced by the credential helper’s next', async (_, life) =>
    server.scene(async (scene) => {
      let expiry = Infinity;
      const tokens: string[] = [];
      scene.proxy.fault = (_method, _call, metadata) => {
        const token = tokenOf(metadata);
        if (!tokens.includes(token)) tokens.push(token);
        expiry = Math.min(expiry, Date.now() + 3000);
        return token === 'token-1' && Date.now() > expiry ? refusal : undefined;
      };
      const machine = scene.freshMachine();
      const login = ['--remote-credential-helper', helper(machine, life)];
      const words = [...scene.flags, ...login];
      const { record, stderr } = await machine.record(words, 'sleep 4; mkdir out; echo > single');
      expect(record).toMatchObject({ result: 'built', exitCode: 0, remote: { status: 'ok' } });
      expect(stderr).not.toContain('warning');
      expect(tokens).toContain('token-2');
      expect(scene.proxy.calls.UpdateActionResult).toBe(1);
    })(),
  );
});

describe('on GitHub', () => {
  test.concurrent(
    'a remote that is down makes the summary longer, by what it cost, and the job no redder',
    server.scene(async () => {
      const runner = await startRunner();
      const workspace = mkdtempSync(join(tmpdir(), 'workspace-'));
      try {
        const { exitCode, outputs, summary, annotations } = await runner.runJob({
          action: resolve('.'),
          workspace,
          environment: { RUNNER_TOOL_CACHE: process.env.TEST_TOOL_CACHE ?? '' },
          inputs: { run: 'true', remote: DEAD },
        });
        expect(exitCode).toBe(0);
        expect(outputs).toMatchObject({ result: 'built', 'remote-status': 'unavailable' });
        expect(summary).toMatch(/could not be used.*it cost \d/);
        expect(annotations.map(({ message }) => message).join()).toContain('nobody listens');
      } finally {
        rmSync(workspace, { recursive: true });
        await runner.dispose();
      }
    }),
  );

  test.concurrent(
    'and anywhere, `on-unavailable: fail` ends the run with 125',
    server.scene(async (scene) => {
      const words = ['--remote', DEAD, '--on-unavailable', 'fail'];
      const { exitCode, stderr } = await scene.freshMachine().run(words, 'echo never');
      expect(exitCode).toBe(125);
      expect(stderr).toContain('on-unavailable');
    }),
  );
});
