import { createServer, type AddressInfo, type Socket } from 'node:net';
import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { RemoteInput } from '../../../src/config/remote.js';
import { type CheckOptions, checkRemote } from '../../../src/remote/check/check.js';
import { connectRemote } from '../../../src/remote/connect.js';
import type { CheckName, CheckReport } from '../../../src/report/check/check-report.js';
import { CAPABILITIES, EndpointServer, type Method, MACHINE, settingsOf } from '../endpoint-server.js';

const NOTHING_WANTED = { push: false, execution: false, asset: false };
let server: EndpointServer;

beforeEach(async () => {
  server = await new EndpointServer().start();
});

afterEach(() => server.stop());

async function check(
  given: Partial<Record<RemoteInput, string>> = {},
  wants: Partial<CheckOptions['wants']> = {},
  attach?: CheckOptions['attach'],
): Promise<CheckReport> {
  const settings = settingsOf({ remote: `grpc://127.0.0.1:${server.port}`, ...given });
  const remote = connectRemote(settings, MACHINE, { mask: () => undefined });
  try {
    const options = { wants: { ...NOTHING_WANTED, ...wants }, attach };
    return await checkRemote(remote, options, new AbortController().signal);
  } finally {
    remote.close();
  }
}

const row = (report: CheckReport, name: CheckName) => report.services.find((one) => one.name === name);
const availability = (report: CheckReport) =>
  Object.fromEntries(report.services.map(({ name, available }) => [name, available]));
const refuse = (code: status, ...methods: readonly Method[]) =>
  (server.behave = (method) => (methods.includes(method) ? { code, details: 'no' } : undefined));

test('a server that has everything but execution', async () => {
  const report = await check({}, { push: true });
  expect(report.status).toBe('ok');
  expect(availability(report)).toEqual({
    capabilities: 'yes',
    'api-versions': 'yes',
    'digest-function': 'yes',
    limits: 'yes',
    compression: 'no',
    'cas-read': 'yes',
    'cas-write': 'yes',
    'action-cache-read': 'yes',
    'action-cache-update': 'yes',
    execution: 'no',
    asset: 'yes',
    casd: 'unknown',
  });
  for (const name of ['capabilities', 'cas-read', 'cas-write', 'action-cache-read', 'asset'] as const) {
    expect(row(report, name)?.latency).toBeGreaterThan(0);
  }
});

test('nothing is written, and nothing is asked for that exists', async () => {
  await check({}, { push: true, execution: true });
  const methods = new Set(server.calls.map(({ method }) => method));
  expect(methods).not.toContain('UpdateActionResult');
  expect(server.calls.length).toBeLessThanOrEqual(18);
});

describe('what is missing', () => {
  test('read-only: no harm where nothing is pushed, and else not all that was asked for', async () => {
    refuse(status.PERMISSION_DENIED, 'BatchUpdateBlobs');
    expect((await check()).status).toBe('ok');
    const report = await check({}, { push: true });
    expect(report.status).toBe('degraded');
    expect([row(report, 'cas-write')?.available, row(report, 'action-cache-update')?.available]).toEqual([
      'no',
      'no',
    ]);
  });

  test('who may read is known, so a refused write means read-only', async () => {
    refuse(status.UNAUTHENTICATED, 'BatchUpdateBlobs');
    const report = await check({ 'remote-token': 'sesame-open' }, { push: true });
    expect([report.status, row(report, 'cas-write')?.says]).toEqual([
      'degraded',
      'it lets us read, and refuses what we write',
    ]);
  });

  test('a server that finds fault with an empty write has not said no', async () => {
    refuse(status.INVALID_ARGUMENT, 'BatchUpdateBlobs');
    const report = await check({}, { push: true });
    expect([report.status, row(report, 'cas-write')?.available]).toEqual(['ok', 'unknown']);
  });

  test('updates that are disabled', async () => {
    const { cacheCapabilities } = CAPABILITIES;
    if (cacheCapabilities === undefined) throw new Error('there are some');
    server.capabilities = {
      ...CAPABILITIES,
      cacheCapabilities: { ...cacheCapabilities, actionCacheUpdateCapabilities: undefined },
    };
    const report = await check({}, { push: true });
    expect([report.status, row(report, 'action-cache-update')?.available]).toEqual(['degraded', 'no']);
  });

  test('an action cache', async () => {
    refuse(status.UNIMPLEMENTED, 'GetActionResult');
    const report = await check();
    expect([report.status, row(report, 'action-cache-read')?.says]).toEqual([
      'unavailable',
      `grpc://127.0.0.1:${server.port} does not have this service`,
    ]);
  });

  test.each<[string, Partial<typeof CAPABILITIES>, CheckName]>([
    ['another digest function only', cacheWith([9]), 'digest-function'],
    [
      'API 3 only',
      { lowApiVersion: { major: 3, minor: 0, patch: 0, prerelease: '' }, highApiVersion: undefined },
      'api-versions',
    ],
  ])('%s', async (_, change, name) => {
    server.capabilities = { ...CAPABILITIES, ...change };
    const report = await check();
    expect([report.status, row(report, name)?.available]).toEqual(['unavailable', 'no']);
  });

  test('capabilities: the services are asked all the same', async () => {
    refuse(status.UNIMPLEMENTED, 'GetCapabilities');
    const report = await check();
    expect(report.status).toBe('ok');
    expect(availability(report)).toMatchObject({ capabilities: 'no', 'cas-read': 'yes', limits: 'unknown' });
  });

  test('execution and assets, where they are asked for', async () => {
    refuse(status.UNIMPLEMENTED, 'FetchBlob');
    expect((await check()).status).toBe('ok');
    expect((await check({}, { asset: true })).status).toBe('degraded');
    expect((await check({}, { execution: true })).status).toBe('degraded');
  });
});

test('execution is there when it says so and finds fault with an empty request', async () => {
  const executionCapabilities = {
    digestFunction: 1 as const,
    execEnabled: true,
    executionPriorityCapabilities: undefined,
    supportedNodeProperties: [],
    digestFunctions: [],
  };
  server.capabilities = { ...CAPABILITIES, executionCapabilities };
  expect(row(await check({}, { execution: true }), 'execution')).toMatchObject({
    available: 'yes',
    needed: true,
  });
  refuse(status.PERMISSION_DENIED, 'Execute');
  expect(row(await check({}, { execution: true }), 'execution')?.available).toBe('no');
});

describe('slowness', () => {
  test('a service over the budget is not good enough', async () => {
    server.behave = (method) => (method === 'GetActionResult' ? { wait: 120 } : undefined);
    const report = await check({ 'latency-budget': '100ms' });
    expect(report.status).toBe('unavailable');
    const slow = row(report, 'action-cache-read');
    expect([slow?.available, slow?.fastEnough, row(report, 'cas-read')?.fastEnough]).toEqual([
      'yes',
      false,
      true,
    ]);
  });

  test('one slow call among three is no slowness', async () => {
    let calls = 0;
    server.behave = (method) => (method === 'FindMissingBlobs' && calls++ === 0 ? { wait: 300 } : undefined);
    expect((await check({ 'latency-budget': '200ms' })).status).toBe('ok');
  });
});

describe('nobody to talk to', () => {
  test('a refused token is told once, and nothing else is asked', async () => {
    server.behave = () => ({ code: status.UNAUTHENTICATED, details: 'expired' });
    const report = await check({ 'remote-token': 'sesame-open' });
    expect(report.status).toBe('unavailable');
    expect(row(report, 'cas-read')?.says).toContain('is there and refuses the token');
    expect(server.calls).toHaveLength(1);
  });

  test('an absent server', async () => {
    const report = await check({ remote: 'grpc://127.0.0.1:1' });
    expect(report.status).toBe('unavailable');
    expect(row(report, 'capabilities')).toMatchObject({
      available: 'no',
      says: 'nobody listens at grpc://127.0.0.1:1',
    });
  });

  test('a silent server costs one deadline', async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => sockets.push(socket)).listen(0);
    try {
      const started = Date.now();
      const { port } = silent.address() as AddressInfo;
      const report = await check({ remote: `grpc://localhost:${port}` });
      expect(Date.now() - started).toBeLessThan(7000);
      expect(row(report, 'cas-read')?.says).toContain('does not answer in time');
    } finally {
      for (const socket of sockets) socket.destroy();
      silent.close();
    }
  });

  test('of two endpoints each is judged by itself', async () => {
    const report = await check({ 'remote-action-cache': 'grpc://127.0.0.1:1' });
    expect(availability(report)).toMatchObject({ 'cas-read': 'yes', 'action-cache-read': 'no' });
    expect(report.status).toBe('unavailable');
  });
});

test('what casd says of it is told, and no more than told', async () => {
  const works = await check({}, {}, async () => ({ latency: null, answer: 'name' }));
  expect(row(works, 'casd')).toMatchObject({ available: 'yes', latency: null, needed: false });
  const fails = await check({}, {}, async () => ({ problem: { kind: 'absent', text: 'nobody' } }));
  expect([fails.status, row(fails, 'casd')?.says]).toEqual(['ok', 'nobody']);
});

function cacheWith(digestFunctions: 9[]) {
  const { cacheCapabilities } = CAPABILITIES;
  return { cacheCapabilities: cacheCapabilities && { ...cacheCapabilities, digestFunctions } };
}
