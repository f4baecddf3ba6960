import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Fault } from '../remote/faulty-proxy.js';
import { Bench } from './command-line.js';
import { expectOutputs, FILES, RemoteServer } from './remote-scene.js';
import { startRunner } from './runner.js';

const server = new RemoteServer();
beforeAll(() => server.start());
afterAll(() => server.stop());

describe('a second machine', () => {
  test.concurrent(
    'gets the first one’s result, and needs no BuildBox for it',
    server.scene(async (scene) => {
      const files = { ...FILES, 'own.txt': scene.salt };
      const first = await scene.buildOn(scene.freshMachine(files));
      expect(first.record).toMatchObject({
        result: 'built',
        remote: { status: 'ok', delay: 0 },
        trust: { tier: 'local', mayPush: true },
      });
      // Action, folder and file, if no other test gave the rest.
      expect(first.record.remote.pushed?.blobs).toBeGreaterThanOrEqual(3);

      const machine = scene.freshMachine(files);
      machine.environment = { RUNNER_TOOL_CACHE: join(machine.root, 'no-tools') };
      const hit = await scene.buildOn(machine);
      expect(hit.record).toMatchObject({
        result: 'hit',
        hitFrom: 'remote',
        buildbox: null,
        remote: { status: 'ok', delay: 0, pushed: null },
      });
      expect(hit.record.outputsDigest).toBe(first.record.outputsDigest);
      expect(hit.record.builtBy).toBe(first.record.builtBy);
      expect(hit.stderr).toContain('built\n');
      expectOutputs(hit);
      expect(existsSync(join(machine.root, 'no-tools'))).toBe(false);
      expect(existsSync(join(machine.cache, 'casd'))).toBe(false);
    }),
  );

  test.concurrent(
    'that only gates fetches nothing and still knows that everything is there',
    server.scene(async (scene) => {
      await scene.build();
      const reads = scene.proxy.calls.BatchReadBlobs ?? 0;
      const { machine, record } = await scene.build('--download-outputs', 'false');
      expect(record).toMatchObject({ result: 'hit', hitFrom: 'remote' });
      expect(machine.list()).toEqual(['in.txt']);
      // The printed text, and the tree of `out`; no file of the outputs.
      expect((scene.proxy.calls.BatchReadBlobs ?? 0) - reads).toBe(2);
    }),
  );

  test.concurrent(
    'pushes only what the remote lacks',
    server.scene(async (scene) => {
      await scene.build();
      const { record } = await scene.build('--env', 'OTHER=1');
      expect(record.result).toBe('built');
      expect(record.remote.pushed?.blobs).toBeLessThanOrEqual(3); // Action, Command, nothing of the input.
    }),
  );

  test.concurrent(
    'gets a failure only where failures are kept',
    server.scene(async (scene) => {
      const fail = (machine: Bench, ...more: string[]) =>
        machine.record(
          ['--remote', scene.proxy.address, '--latency-budget', '5s', '--salt', scene.salt, ...more],
          'echo broken; exit 3',
        );
      expect((await fail(scene.freshMachine())).record.result).toBe('failed');
      expect((await fail(scene.freshMachine(), '--cache-failures')).record.hitFrom).toBeNull();
      const remembered = await fail(scene.freshMachine(), '--cache-failures');
      expect(remembered).toMatchObject({ exitCode: 3, record: { hitFrom: 'remote' } });
    }),
  );
});

/** Holds the calls of a group until all of it have been made, which they are only where none waits for another. */
function heldTogether(groups: readonly (readonly string[])[]) {
  const held = groups.map((calls) => {
    let release: () => void = () => undefined;
    const until = new Promise<void>((resolve) => (release = resolve));
    return { calls, missing: new Set(calls), until, release };
  });
  return (method: string, count: number): Fault | undefined => {
    const call = `${method} ${count}`;
    const group = held.find(({ calls }) => calls.includes(call));
    if (group === undefined) return undefined;
    group.missing.delete(call);
    if (group.missing.size === 0) group.release();
    return { kind: 'hold', until: group.until };
  };
}

describe('a hit takes three round trips: for the entry, for the tree in it, and', () => {
  const first = ['GetCapabilities 1', 'GetActionResult 1'];

  test.concurrent.each<[string, string[], string[], Record<string, number>]>([
    [
      'for the outputs and the printed text',
      [],
      ['BatchReadBlobs 2', 'BatchReadBlobs 3'],
      { BatchReadBlobs: 3 },
    ],
    [
      'on a gate for what is missing and the printed text',
      ['--download-outputs', 'false'],
      ['FindMissingBlobs 1', 'BatchReadBlobs 2'],
      { FindMissingBlobs: 1, BatchReadBlobs: 2 },
    ],
  ])('%s', async (_, flags, last, calls) =>
    server.knowing(FILES, async (scene) => {
      scene.proxy.fault = heldTogether([first, last]);
      const { record } = await scene.build(...flags);
      expect(record).toMatchObject({ hitFrom: 'remote', remote: { status: 'ok' } });
      expect(scene.proxy.calls).toEqual({ GetCapabilities: 1, GetActionResult: 1, ...calls });
    })(),
  );
});

describe('push', () => {
  test.concurrent(
    'never leaves the remote as it is',
    server.scene(async (scene) => {
      const { record } = await scene.build('--push', 'never');
      expect(record).toMatchObject({ result: 'built', remote: { pushed: null }, trust: { mayPush: false } });
      expect((await scene.build()).record.result).toBe('built');
    }),
  );

  test.concurrent(
    'without inputs gives less, and the entry all the same',
    server.scene(async (scene) => {
      expect((await scene.build('--push-inputs', 'false')).record.result).toBe('built');
      expect((await scene.build()).record.hitFrom).toBe('remote');
    }),
  );

  test.concurrent.each([
    ['pull_request', 'refs/pull/1/merge', undefined],
    ['push', 'refs/heads/feature', undefined],
    ['push', 'refs/heads/main', 1],
  ] as const)('on GitHub, of a %s of %s', async (name, ref, entries) =>
    server.scene(async ({ proxy }) => {
      const runner = await startRunner();
      const workspace = mkdtempSync(join(tmpdir(), 'workspace-'));
      try {
        const { outputs } = await runner.runJob({
          action: resolve('.'),
          workspace,
          event: { name, payload: { repository: { default_branch: 'main' } } },
          environment: { RUNNER_TOOL_CACHE: process.env.TEST_TOOL_CACHE ?? '', GITHUB_REF: ref },
          inputs: { run: `echo ${name} ${ref}`, remote: proxy.address, 'latency-budget': '5s' },
        });
        expect(outputs).toMatchObject({ result: 'built', 'remote-status': 'ok' });
        expect(proxy.calls.UpdateActionResult).toBe(entries);
      } finally {
        rmSync(workspace, { recursive: true });
        await runner.dispose();
      }
    })(),
  );
});

describe('mistakes in the remote inputs end with 2', () => {
  test.concurrent.each([
    [['--remote', 'cas.example.com'], /remote: /],
    [['--remote', 'ftp://cas.example.com'], /remote: /],
    [['--remote', 'grpc://x:1', '--push', 'sometimes'], /push: .*trusted, always, never/],
    [['--remote', 'grpc://x:1', '--latency-budget', '0'], /latency-budget: /],
    [['--remote', 'grpc://x:1', '--on-unavailable', 'wait'], /on-unavailable: .*continue, fail/],
    [['--remote', 'grpc://x:1', '--remote-headers', 'no colon'], /remote-headers: /],
  ] as const)('%j', async (words, message) => {
    const machine = new Bench();
    const { exitCode, stderr } = await machine.run(words, 'true');
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(message);
    expect(existsSync(join(machine.cache, 'run'))).toBe(false);
    await machine.dispose();
  });
});
