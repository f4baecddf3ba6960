import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Fault } from '../remote/faulty-proxy.js';
import {
  changeEntry,
  expectCost,
  expectOutputs,
  FILES,
  RemoteServer,
  type Scene,
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
/** The entry is asked for while the remote may still be telling what it can do: both may meet the fault. */
const STATUS: Record<string, RegExp> = {
  capabilities: /^unavailable$/,
  'look-up': /^(unavailable|degraded)$/,
};
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
    expect(built.record.remote.status).toMatch(STATUS[at] ?? /^degraded$/);
    expect(built.stderr.match(/going on without it/g)).toHaveLength(1);
    expect(machine.exists('out/in.txt')).toBe(flags.length === 0);
    expectCost(built, least);
  };
  return known ? server.knowing(large ? LARGE : FILES, play) : server.scene(play);
}

const slowly = async (scene: Scene, bytesASecond: number, seconds: number) => {
  scene.proxy.fault = (method) => {
    if (method === 'GetActionResult') return { kind: 'garble', change: changeEntry(took(seconds)) };
    return method === 'Read' ? { kind: 'slow', bytesASecond } : undefined;
  };
  return scene.buildOn(scene.freshMachine(LARGE));
};

/** All wait at once: those that take longest begin first. */
describe('a remote that is no good costs seconds at most, and never a build:', () => {
  test.concurrent(
    'that sends in a trickle is not waited for, whatever it may be worth',
    server.knowing(LARGE, async (scene) => {
      const built = await slowly(scene, 1000, 36_000);
      expect(built.record).toMatchObject({ result: 'built', remote: { status: 'degraded' } });
      expect(built.stderr).toMatch(/has delayed this run by 9\.5 s/);
      expectCost(built, 1000);
    }),
  );

  test.concurrent(
    'every answer late, though within the latency budget, without end',
    server.scene(async (scene) => {
      // After three of them a hit would be there: a miss has its push as well.
      scene.proxy.fault = () => ({ kind: 'delay', milliseconds: 2600 });
      const built = await scene.build('--latency-budget', '2m');
      expect(built.record).toMatchObject({ result: 'built', remote: { status: 'degraded' } });
      // The last call is given what is left of the 10 s, or none of it.
      expect(built.stderr).toMatch(
        /(has delayed this run by 9\.5 s|does not answer in time).*going on without/,
      );
      expectOutputs(built);
      expectCost(built);
    }),
  );

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
    'silent while the result is here already: that is no fault of it',
    server.scene(async (scene) => {
      const { machine } = await scene.build();
      const hit = await scene.buildOn(machine, '--remote', silentAddress);
      expect(hit.record).toMatchObject({ hitFrom: 'local', remote: { status: 'ok', delay: 0 } });
      expect(hit.stderr).toContain('was not needed');
    }),
  );

  test.concurrent(
    'silent where TLS is to begin: the run ends all the same',
    server.scene(async (scene) => {
      const built = await scene.build('--remote', silentAddress.replace('grpc:', 'grpcs:'));
      expect(built.record).toMatchObject({ result: 'built', remote: { status: 'unavailable' } });
      expect(built.stderr).not.toContain('Deprecation');
      expectCost(built, 2000);
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
      // The entry is asked for before it is known how slow the remote is.
      expect(Object.keys(scene.proxy.calls)).toEqual(['GetCapabilities', 'GetActionResult']);
      expectCost(built, 100);
    }),
  );

  test.concurrent(
    'that sends slowly and steadily is not waited for longer than it took to build',
    server.knowing(LARGE, async (scene) => {
      const built = await slowly(scene, 400_000, 1);
      expect(built.record).toMatchObject({ result: 'built', remote: { status: 'degraded' } });
      expect(built.stderr).toMatch(/to fetch the result would take .*, and building it took /);
      expectCost(built, 1000);
    }),
  );

  test.concurrent(
    'that sends slowly is waited for when building took longer',
    server.knowing(LARGE, async (scene) => {
      const { record, machine } = await slowly(scene, 2_000_000, 3600);
      expect(record).toMatchObject({ result: 'hit', hitFrom: 'remote', remote: { status: 'ok', delay: 0 } });
      expect(machine.read('out/in.txt')).toBe(LARGE['in.txt']);
    }),
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
