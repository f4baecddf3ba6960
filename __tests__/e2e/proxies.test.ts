import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Bench } from './command-line.js';
import { ConnectProxy } from '../remote/connect-proxy.js';
import {
  type Built,
  expectOutputs,
  RemoteServer,
  type Scene,
  SCRIPT,
  type RemoteRecord,
} from './remote-scene.js';

const server = new RemoteServer();
beforeAll(() => server.start());
afterAll(() => server.stop());

/** No name server has it: who gets there has gone through the proxy. */
const REMOTE = 'grpc://remote.invalid:8980';
const SECRET = 'sesame%open';

/** Plays on a stage with a proxy before the server. */
function proxied(play: (scene: Scene, proxy: ConnectProxy) => Promise<void>): () => Promise<void> {
  return server.scene(async (scene) => {
    const proxy = new ConnectProxy(() => scene.proxy.address.slice('unix:'.length));
    await proxy.start();
    try {
      await play(scene, proxy);
    } finally {
      proxy.stop();
    }
  });
}

/** Builds with these variables, on a machine that has never built anything or on this one. */
async function build(
  scene: Scene,
  environment: Record<string, string>,
  machine: Bench = scene.freshMachine(),
): Promise<Built> {
  machine.environment = environment;
  const flags = ['--remote', REMOTE, '--latency-budget', '5s', '--salt', scene.salt, '--push', 'always'];
  const ended = await machine.record([...flags, '--outputs', 'out', '--outputs', 'single'], SCRIPT);
  const built = { ...ended, machine, record: ended.record as RemoteRecord };
  expect(built.exitCode).toBe(0);
  expectOutputs(built);
  expect(built.stderr).not.toMatch(/undefined|sesame|URI malformed|This is a bug|^[DEI] /m);
  return built;
}

/** The lines that say what is wrong with the remote: one warning, and one at the end. */
const complaints = ({ stderr }: Built) => stderr.split('\n').filter((line) => line.startsWith('warning: '));

test(
  'a proxy with a password of any characters is gone through, and nobody sees it',
  proxied(async (scene, proxy) => {
    for (const [name, value] of [
      ['http_proxy', `http://me:${SECRET}@${proxy.address}`],
      ['HTTPS_PROXY', `  http://me:sesame%25open@${proxy.address}/ `],
      ['ALL_PROXY', `me:${SECRET}@${proxy.address}`],
    ] as const) {
      proxy.asked.length = 0;
      const built = await build(scene, { [name]: value });
      expect(complaints(built)).toEqual([]);
      expect(built.record.remote.status).toBe('ok');
      expect(built.record.hitFrom).toBe(name === 'http_proxy' ? null : 'remote');
      expect(proxy.asked[0]).toEqual({ target: 'remote.invalid:8980', login: `me:${SECRET}` });
    }
  }),
);

test(
  'a local hit does without the remote, whatever its proxy is',
  proxied(async (scene, proxy) => {
    const machine = scene.freshMachine();
    await build(scene, { https_proxy: `http://${proxy.address}` }, machine);
    for (const value of ['http://127.0.0.1:1', `socks5://me:${SECRET}@h:1`, `http://#${SECRET}@`, '%']) {
      const hit = await build(scene, { https_proxy: value, http_proxy: value }, machine);
      expect(hit.record.hitFrom).toBe('local');
      expect(complaints(hit)).toEqual([]);
    }
  }),
);

describe('a proxy that does not let us through is told of in one line:', () => {
  test(
    'dead',
    proxied(async (scene) => {
      const built = await build(scene, { http_proxy: `http://me:${SECRET}@127.0.0.1:1` });
      const text = `the proxy 127.0.0.1:1 of \`http_proxy\` does not let us through to ${REMOTE}: nobody listens there`;
      expect(complaints(built)).toEqual([`warning: ${text}: going on without it (look-up)`]);
      expect(built.stderr).toContain(`remote  ${REMOTE} could not be used; cas: ${text}`);
    }),
  );

  test.each([
    [407, 'it asks for a user and password that it accepts (407)'],
    [403, 'it does not allow it (403)'],
    [502, 'it cannot reach it either'],
    [301, 'status 301'],
  ])('status %d', async (status, why) =>
    proxied(async (scene, proxy) => {
      proxy.status = status;
      const built = await build(scene, { grpc_proxy: `http://me:${SECRET}@${proxy.address}` });
      const text = `the proxy ${proxy.address} of \`grpc_proxy\` does not let us through to ${REMOTE}: ${why}`;
      expect(complaints(built)).toEqual([`warning: ${text}: going on without it (look-up)`]);
    })(),
  );

  test(
    'silent',
    proxied(async (scene, proxy) => {
      proxy.status = -1;
      const built = await build(scene, { https_proxy: `http://${proxy.address}` });
      expect(complaints(built)).toEqual([
        `warning: ${REMOTE} does not answer in time (through the proxy ${proxy.address} of \`https_proxy\`): going on without it (look-up)`,
      ]);
    }),
  );

  test(
    'without an address',
    proxied(async (scene) => {
      const built = await build(scene, { https_proxy: 'http://proxy.invalid:3128' });
      expect(complaints(built)).toEqual([
        `warning: the proxy proxy.invalid:3128 of \`https_proxy\` has no address, so that ${REMOTE} cannot be reached: going on without it (look-up)`,
      ]);
    }),
  );
});

test.each([
  [`socks5h://me:${SECRET}@127.0.0.1:1080`, 'it is a socks5h:// proxy, and only http:// proxies can be used'],
  [`http://me:#${SECRET}@127.0.0.1:1080`, 'what it holds is no URL'],
])('%s is not used, which is told where there is no other way', async (value, why) =>
  proxied(async (scene) => {
    const built = await build(scene, { all_proxy: value });
    const [complaint = '', ...others] = complaints(built);
    expect(complaint).toContain(
      `the host of ${REMOTE} has no address (no proxy was used: \`all_proxy\` names none that can be: ${why}`,
    );
    expect(others).toEqual([]);
  })(),
);

test.each(['no_proxy', 'NO_PROXY', 'no_grpc_proxy'])('%s excepts a host', async (name) =>
  proxied(async (scene, proxy) => {
    const built = await build(scene, { https_proxy: `http://${proxy.address}`, [name]: 'example, .invalid' });
    expect(proxy.asked).toEqual([]);
    expect(complaints(built)).toEqual([
      `warning: the host of ${REMOTE} has no address: going on without it (look-up)`,
    ]);
  })(),
);

test(
  'gRPC is quiet even for a job that looks into its own',
  proxied(async (scene) => {
    await build(scene, { http_proxy: 'http://127.0.0.1:1', GRPC_VERBOSITY: 'DEBUG', GRPC_TRACE: 'all' });
  }),
);
