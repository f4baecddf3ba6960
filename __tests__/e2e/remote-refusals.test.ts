import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  DigestFunction_Value,
  ServerCapabilities,
} from '../../src/gen/build/bazel/remote/execution/v2/remote_execution.js';
import { comeBackAfter } from '../remote/connected.js';
import { type Fault, FaultyProxy } from '../remote/faulty-proxy.js';
import { expectCost, expectOutputs, FILES, RemoteServer, tokenOf } from './remote-scene.js';

const server = new RemoteServer();
beforeAll(() => server.start());
afterAll(() => server.stop());

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
      // The entry may have been asked for before it was known what the server is.
      const { GetActionResult, ...calls } = scene.proxy.calls;
      expect(calls).toEqual({ GetCapabilities: 1 });
      expect(GetActionResult ?? 1).toBe(1);
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
      // The entry may have been asked for before it was known what the server is.
      const { GetActionResult, ...calls } = scene.proxy.calls;
      expect(calls).toEqual({ GetCapabilities: 1 });
      expect(GetActionResult ?? 1).toBe(1);
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

  test.concurrent(
    'as its action cache, which is elsewhere, refuses us: that one is named, and no other',
    server.scene(async (scene) => {
      const elsewhere = new FaultyProxy(scene.serverAddress);
      await elsewhere.start();
      elsewhere.fault = () => ({ kind: 'error', code: status.UNAUTHENTICATED, details: 'bad token' });
      const built = await scene.build('--remote-action-cache', elsewhere.address);
      elsewhere.stop();
      const { services, status: said } = built.record.remote;
      expect(built.stderr).toContain(`warning: ${elsewhere.address} is there and asks for credentials`);
      expect([said, ...services.map(({ available }) => available)]).toEqual(['unavailable', true, false]);
      expect(services[0]?.says).toBe('there');
    }),
  );

  test.concurrent(
    'and says our token again in each of its errors: nobody sees it',
    server.scene(async (scene) => {
      const details = 'who is Bearer canary-token?';
      scene.proxy.fault = () => ({ kind: 'error', code: status.UNAVAILABLE, details });
      const built = await scene.build('--remote-token', 'canary-token');
      expect(built.record.remote.services[0]?.says).toContain('who is ***?');
      expect(built.stderr).toContain('who is ***?');
      expect(built.stderr + built.stdout).not.toContain('canary-token');
    }),
  );

  test.concurrent(
    'and says our token again of a blob that it refuses',
    server.scene(async (scene) => {
      const details = 'who is Bearer canary-token?';
      scene.proxy.fault = (method) =>
        method === 'BatchUpdateBlobs' ? { kind: 'error', code: status.INVALID_ARGUMENT, details } : undefined;
      const built = await scene.build('--remote-token', 'canary-token');
      expect(built.stderr).toMatch(/the remote refused \d+ blobs \(.*who is \*\*\*\?\)/);
      expect(built.stderr + built.stdout).not.toContain('canary-token');
    }),
  );
});

describe('a token', () => {
  const refusal: Fault = { kind: 'error', code: status.UNAUTHENTICATED, details: 'token expired' };

  test.concurrent(
    'that expires in mid-run is told as refused, and the build is green',
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

  test.concurrent(
    'that never comes from a helper that hangs and minds no signal: nothing of it stays behind',
    server.scene(async (scene) => {
      const machine = scene.freshMachine();
      const file = join(machine.root, 'helper.sh');
      writeFileSync(file, '#!/bin/sh\ntrap "" TERM\nwhile :; do sleep 1; done\n', { mode: 0o755 });
      const built = await scene.buildOn(machine, '--remote-credential-helper', file);
      expect(machine.leftovers()).toEqual([]);
      expect(built.record).toMatchObject({ result: 'built', remote: { status: 'unavailable' } });
      expect(built.stderr).toContain('helper.sh did not come in time');
      expectCost(built, 2000);
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
  ])('that expires in mid-run %s is replaced by the credential helper’s next', async (_, life) =>
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
