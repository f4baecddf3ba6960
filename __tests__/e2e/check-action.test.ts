import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { CHECKS } from '../../src/report/check/check-report.js';
import { EndpointServer } from '../remote/endpoint-server.js';
import { type JobResult, type Runner, startRunner } from './runner.js';

let runner: Runner;
let workspace: string;
let server: EndpointServer;

beforeEach(async () => {
  runner = await startRunner();
  workspace = mkdtempSync(join(tmpdir(), 'workspace-'));
  server = await new EndpointServer().start();
});

afterEach(async () => {
  await runner.dispose();
  rmSync(workspace, { recursive: true, force: true });
  server.stop();
});

/** What the runner was told to hide in its log. */
const masks = ({ commands }: JobResult) =>
  commands.filter(({ command }) => command === 'add-mask').map(({ data }) => data);

const check = (inputs: Record<string, string>, environment: Record<string, string> = {}) =>
  runner.runJob({
    action: resolve('check'),
    inputs: { remote: `grpc://127.0.0.1:${server.port}`, ...inputs },
    workspace,
    environment,
  });

test('tells the endpoint by outputs, summary and a table in the log', async () => {
  const { exitCode, outputs, summary, log } = await check({ push: 'always' });
  expect(exitCode).toBe(0);
  expect(outputs).toMatchObject({
    'remote-status': 'ok',
    capabilities: 'yes',
    'cas-read': 'yes',
    'action-cache-update': 'yes',
    execution: 'no',
    casd: 'unknown',
  });
  expect(JSON.parse(outputs.report ?? '')).toMatchObject({ version: 1, status: 'ok', latencyBudget: 500 });
  expect(summary).toContain('### ✅ Remote: ok');
  expect(log).toMatch(/✓ CAS read +yes/);
});

test('of a pull request does not ask for the right to write', async () => {
  server.behave = (method) =>
    method === 'BatchUpdateBlobs' ? { code: status.PERMISSION_DENIED, details: 'no' } : undefined;
  expect((await check({})).outputs['remote-status']).toBe('ok');
  expect((await check({ push: 'always' })).outputs['remote-status']).toBe('degraded');
});

test('of a remote that is of no use fails only where that is asked for', async () => {
  const dead = { remote: 'grpc://127.0.0.1:1' };
  const { exitCode, outputs } = await check(dead);
  expect([exitCode, outputs['remote-status']]).toEqual([0, 'unavailable']);
  const failing = await check({ ...dead, 'on-unavailable': 'fail' });
  expect([failing.exitCode, failing.outputs['remote-status']]).toEqual([1, 'unavailable']);
});

test('without a remote is a mistake', async () => {
  const { exitCode, log } = await check({ remote: '' });
  expect([exitCode, log.includes('remote: "" is not usable')]).toEqual([2, true]);
});

test("masks a token, and GitHub's own", async () => {
  const github: Server = createServer((_, response) => response.end('{"value": "identity-of-the-job"}'));
  await new Promise<void>((done) => github.listen(0, '127.0.0.1', done));
  try {
    const address = `http://127.0.0.1:${(github.address() as AddressInfo).port}/?x=1`;
    const byIdentity = await check(
      { 'remote-oidc-audience': 'cas' },
      { ACTIONS_ID_TOKEN_REQUEST_URL: address, ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'request-token' },
    );
    expect(byIdentity.exitCode).toBe(0);
    expect(masks(byIdentity)).toContain('identity-of-the-job');
    expect(server.calls.at(-1)?.metadata.get('authorization')).toEqual(['Bearer identity-of-the-job']);
    expect(masks(await check({ 'remote-token': 'sesame-open' }))).toContain('sesame-open');
  } finally {
    github.closeAllConnections();
    github.close();
  }
});

interface ActionFile {
  readonly inputs: Readonly<Record<string, { readonly description: string; readonly default?: string }>>;
  readonly outputs: Readonly<Record<string, unknown>>;
}

const read = (path: string) => parse(readFileSync(path, 'utf8')) as ActionFile;

test('its inputs are those of the action, with the same defaults', () => {
  const whole = read('action.yml');
  for (const [name, input] of Object.entries(read('check/action.yml').inputs)) {
    expect([name, input.default]).toEqual([name, whole.inputs[name]?.default]);
  }
});

test('it names every output that there is', () => {
  expect(Object.keys(read('check/action.yml').outputs)).toEqual(['remote-status', ...CHECKS, 'report']);
});
