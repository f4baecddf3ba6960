import { writeFileSync, mkdtempSync, rmSync, readFileSync, existsSync } from 'node:fs';
import { createServer, type Server as HttpServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AddressInfo } from 'node:net';
import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { RequestMetadata } from '../../src/gen/build/bazel/remote/execution/v2/remote_execution.js';
import type { RemoteInput } from '../../src/config/remote.js';
import { readCapabilities } from '../../src/remote/check/capabilities.js';
import { connectRemote, type Remote } from '../../src/remote/connect.js';
import { explainRemoteError } from '../../src/remote/guard/explain.js';
import { EndpointServer, MACHINE, settingsOf } from './endpoint-server.js';

let server: EndpointServer;
let folder: string;
let open: Remote[];
let masked: string[];

beforeEach(async () => {
  server = await new EndpointServer().start();
  folder = mkdtempSync(join(tmpdir(), 'connect-'));
  open = [];
  masked = [];
});

afterEach(() => {
  for (const remote of open) remote.close();
  server.stop();
  rmSync(folder, { recursive: true });
});

function connect(given: Partial<Record<RemoteInput, string>>, environment: Record<string, string> = {}) {
  const settings = settingsOf({ remote: `grpc://127.0.0.1:${server.port}`, ...given });
  const machine = { ...MACHINE, environment: { ...MACHINE.environment, ...environment } };
  const remote = connectRemote(settings, machine, {
    mask: (secret) => masked.push(secret),
    invocation: 'run-1',
  });
  open.push(remote);
  return remote;
}

const ask = (remote: Remote, deadline = 5000, signal = new AbortController().signal) =>
  readCapabilities(remote.cas, { deadline, signal });

/** What the server saw of a header at its last call. */
const seen = (header: string) => server.calls.at(-1)?.metadata.get(header);

const problemOf = async (remote: Remote, deadline?: number) => {
  try {
    await ask(remote, deadline);
  } catch (error) {
    return explainRemoteError(error, remote.cas, remote.secrets);
  }
  throw new Error('it went well');
};

test('one connection serves all services of an endpoint', () => {
  const remote = connect({});
  expect(remote.actionCache).toBe(remote.cas);
  expect(remote.execution).toBe(remote.cas);
  expect(connect({ 'remote-cas': `unix:${server.socket}` }).cas).not.toBe(remote.cas);
});

test('a socket of this machine is an endpoint like any other', async () => {
  await ask(connect({ remote: `unix:${server.socket}` }));
  expect(server.calls).toHaveLength(1);
});

test('every call says which tool makes it, in which run and for which action', async () => {
  const remote = connect({});
  const metadata = () => {
    const [value] = seen('build.bazel.remote.execution.v2.requestmetadata-bin') ?? [];
    return RequestMetadata.decode(value as Buffer);
  };
  await ask(remote);
  expect(metadata()).toMatchObject({
    toolDetails: { toolName: 'buildbox-action' },
    toolInvocationId: 'run-1',
    correlatedInvocationsId: 'someone@here',
    actionId: '',
  });
  remote.nameAction('abc');
  await ask(remote);
  expect(metadata().actionId).toBe('abc');
});

describe('credentials that do not change', () => {
  test('a token, which is masked', async () => {
    await ask(connect({ 'remote-token': 'sesame-open' }));
    expect(seen('authorization')).toEqual(['Bearer sesame-open']);
    expect(masked).toContain('sesame-open');
  });

  test('user and password of the address', async () => {
    await ask(connect({ remote: `grpc://me:p%40ssword@127.0.0.1:${server.port}` }));
    expect(seen('authorization')).toEqual([`Basic ${Buffer.from('me:p@ssword').toString('base64')}`]);
    expect(masked).toContain('p@ssword');
  });

  test('headers, one of them binary', async () => {
    await ask(connect({ 'remote-headers': 'x-key: open sesame\nx-raw-bin: AAEC' }));
    expect([seen('x-key'), seen('x-raw-bin')]).toEqual([['open sesame'], [Buffer.from([0, 1, 2])]]);
    expect(masked).toContain('open sesame');
  });

  test('the words for a refusal tell it from an absent server, and hide what the server repeats', async () => {
    server.behave = () => ({ code: status.UNAUTHENTICATED, details: 'bad token sesame-open' });
    const { kind, text } = await problemOf(connect({ 'remote-token': 'sesame-open' }));
    expect(kind).toBe('refused-credentials');
    expect(text).toBe(
      `grpc://127.0.0.1:${server.port} is there and refuses the token of \`remote-token\` (bad token ***)`,
    );
    expect((await problemOf(connect({}))).text).toContain('asks for credentials, and none are configured');
    expect(server.calls).toHaveLength(2);
  });

  test('unencrypted to another machine they are warned of', () => {
    expect(connect({ 'remote-token': 'sesame-open' }).warnings).toEqual([]);
    expect(connect({ remote: 'grpc://cas.example.com' }).warnings).toEqual([]);
    expect(connect({ remote: 'grpcs://cas.example.com', 'remote-token': 'sesame-open' }).warnings).toEqual(
      [],
    );
    const [warning] = connect({ remote: 'grpc://cas.example.com', 'remote-token': 'sesame-open' }).warnings;
    expect(warning).toContain('unencrypted');
    expect(warning).not.toContain('sesame');
  });
});

describe('a credential helper', () => {
  const helper = (script: string) => {
    const path = join(folder, 'helper');
    writeFileSync(path, `#!/bin/sh\ncd '${folder}'\necho >> calls\n${script}\n`, { mode: 0o755 });
    return { 'remote-credential-helper': path };
  };
  const callsOfHelper = () =>
    existsSync(join(folder, 'calls')) ? readFileSync(join(folder, 'calls')).length : 0;
  const answer = (token: string, expires = '') =>
    `echo '{"headers": {"Authorization": ["Bearer ${token}"]}${expires && `, "expires": "${expires}"`}}'`;
  const inMilliseconds = (time: number) => new Date(Date.now() + time).toISOString();

  test('is asked once, by the protocol, and knows nothing of the job', async () => {
    const remote = connect(
      helper(`echo "$@" > argv; cat > stdin; env > environment; ${answer('from-helper')}`),
      {
        ACTIONS_RUNTIME_TOKEN: 'of-the-job',
        GITHUB_TOKEN: 'of-the-job',
        'INPUT_REMOTE-TOKEN': 'x',
        AWS_PROFILE: 'mine',
      },
    );
    await Promise.all([ask(remote), ask(remote), ask(remote)]);
    await ask(remote);
    expect(seen('authorization')).toEqual(['Bearer from-helper']);
    expect(masked).toContain('from-helper');
    expect(callsOfHelper()).toBe(1);
    expect(readFileSync(join(folder, 'argv'), 'utf8')).toBe('get\n');
    expect(JSON.parse(readFileSync(join(folder, 'stdin'), 'utf8'))).toEqual({
      uri: `http://127.0.0.1:${server.port}/`,
    });
    const environment = readFileSync(join(folder, 'environment'), 'utf8');
    expect(environment).toContain('AWS_PROFILE=mine');
    expect(environment).not.toMatch(/of-the-job|ACTIONS_|GITHUB_|INPUT_/);
  });

  test('is asked again before what it gave expires', async () => {
    const remote = connect(helper(answer('short-lived', inMilliseconds(2500))));
    await ask(remote);
    await ask(remote);
    expect(callsOfHelper()).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 1300));
    await ask(remote);
    expect(callsOfHelper()).toBe(2);
  });

  test('is asked again when a server stops to believe what it gave, and the call is to be repeated', async () => {
    const remote = connect(helper(answer(`'"$(wc -l < calls)"'-calls`)));
    await ask(remote);
    server.behave = (_, metadata) =>
      metadata.get('authorization')[0] === 'Bearer 1-calls' ? { code: status.UNAUTHENTICATED } : undefined;
    await new Promise((resolve) => setTimeout(resolve, 2100));
    await expect(ask(remote)).rejects.toMatchObject({ code: status.UNAVAILABLE });
    await ask(remote);
    expect(seen('authorization')).toEqual(['Bearer 2-calls']);
  });

  test('is not asked again for what is refused from the start', async () => {
    server.behave = () => ({ code: status.UNAUTHENTICATED });
    const remote = connect(helper(answer('from-helper')));
    for (let i = 0; i < 3; i++) {
      expect(await problemOf(remote)).toMatchObject({ kind: 'refused-credentials' });
    }
    expect(callsOfHelper()).toBe(1);
  });

  test.each([
    ['echo secret-on-stderr >&2; exit 3', 'exit code 3'],
    ['echo no-json', 'no JSON'],
    ['echo []', 'no JSON object'],
    [`echo '{"headers": {"Authorization": "not-a-list"}}'`, 'lists'],
    [`echo '{"headers": {"Authorization": []}}'`, 'lists'],
    [`echo '{"headers": {}, "expires": "soon"}'`, 'expires'],
    [`echo '{"headers": {"Connection": ["close"]}}'`, 'gRPC itself'],
  ])('that fails keeps the call from being made: %s', async (script, says) => {
    const { kind, text } = await problemOf(connect(helper(script)));
    expect(kind).toBe('no-credentials');
    expect(text).toContain(says);
    expect(text).not.toMatch(/secret-on-stderr|not-a-list|no-json/);
    expect(server.calls).toEqual([]);
  });

  test('that is not there says so', async () => {
    const { kind, text } = await problemOf(connect({ 'remote-credential-helper': 'no-such-helper' }));
    expect([kind, text.includes('no-such-helper')]).toEqual(['no-credentials', true]);
  });

  test('that hangs costs no call more than its deadline, and an abort ends the wait', async () => {
    const remote = connect(helper('sleep 30'));
    const started = Date.now();
    expect(await problemOf(remote, 300)).toMatchObject({ kind: 'no-credentials' });
    const abort = new AbortController();
    setTimeout(() => abort.abort(new Error('enough')), 50);
    await expect(ask(remote, 5000, abort.signal)).rejects.toThrow('enough');
    expect(Date.now() - started).toBeLessThan(2000);
    expect(server.calls).toEqual([]);
  });
});

describe("GitHub's identity token", () => {
  let github: HttpServer;
  let requests: { url: string; authorization: string }[];
  let lifetime: number;
  let answerCode: number;
  let answer: string | undefined;
  const jwt = (claims: object) =>
    ['{"alg":"none"}', JSON.stringify(claims), 'signature']
      .map((part) => Buffer.from(part).toString('base64url'))
      .join('.');

  beforeEach(async () => {
    requests = [];
    lifetime = 300;
    answerCode = 200;
    answer = undefined;
    github = createServer((request, response) => {
      requests.push({ url: request.url ?? '', authorization: request.headers.authorization ?? '' });
      response.statusCode = answerCode;
      const exp = Math.floor(Date.now() / 1000) + lifetime;
      response.end(answer ?? JSON.stringify({ value: jwt({ exp, number: requests.length }) }));
    });
    await new Promise<void>((resolve) => github.listen(0, '127.0.0.1', resolve));
  });

  afterEach(() => {
    github.closeAllConnections();
    github.close();
  });

  const environment = () => ({
    ACTIONS_ID_TOKEN_REQUEST_URL: `http://127.0.0.1:${(github.address() as AddressInfo).port}/token?api-version=2`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'request-token',
  });

  test('is fetched at the first call, for the audience, and kept', async () => {
    const remote = connect({ 'remote-oidc-audience': 'https://cas?x&y' }, environment());
    expect(requests).toEqual([]);
    await ask(remote);
    await ask(remote);
    expect(requests).toEqual([
      {
        url: '/token?api-version=2&audience=https%3A%2F%2Fcas%3Fx%26y',
        authorization: 'Bearer request-token',
      },
    ]);
    const [sent] = seen('authorization') ?? [];
    expect(String(sent)).toMatch(/^Bearer ey/);
    expect(masked).toContain(String(sent).slice('Bearer '.length));
  });

  test('is fetched again before it expires', async () => {
    lifetime = 2;
    const remote = connect({ 'remote-oidc-audience': 'cas' }, environment());
    await ask(remote);
    await new Promise((resolve) => setTimeout(resolve, 1200));
    await ask(remote);
    expect(requests).toHaveLength(2);
  });

  test.each([
    'null',
    '[]',
    '{"value": 3}',
    '{"value": ""}',
    '{"value": "se\\nsame"}',
    '{"value": "sésame"}',
    'sesame',
  ])('is none in the answer %s', async (text) => {
    answer = text;
    const problem = await problemOf(connect({ 'remote-oidc-audience': 'cas' }, environment()));
    expect(problem.kind).toBe('no-credentials');
    expect(problem.text).toMatch(/answered without one$/);
    expect(problem.text).not.toMatch(/sesame|sésame/);
    expect(server.calls).toEqual([]);
  });

  test('that cannot be had says why', async () => {
    answerCode = 403;
    const refused = await problemOf(connect({ 'remote-oidc-audience': 'cas' }, environment()));
    expect([refused.kind, refused.text.includes('403')]).toEqual(['no-credentials', true]);
    const forbidden = await problemOf(connect({ 'remote-oidc-audience': 'cas' }));
    expect(forbidden.text).toContain('may not ask');
    const nowhere = { ...environment(), ACTIONS_ID_TOKEN_REQUEST_URL: 'http://127.0.0.1:1/' };
    const away = await problemOf(connect({ 'remote-oidc-audience': 'cas' }, nowhere));
    expect(away.text).not.toContain('fetch failed');
    expect(server.calls).toEqual([]);
  });

  test.each([
    ['ACTIONS_ID_TOKEN_REQUEST_TOKEN', 'ses\name'],
    ['ACTIONS_ID_TOKEN_REQUEST_URL', 'ses\name'],
  ])('cannot be had where %s is not usable, which is not shown', async (name, value) => {
    const given = { ...environment(), [name]: value };
    const { text } = await problemOf(connect({ 'remote-oidc-audience': 'cas' }, given));
    expect(text).toMatch(/is not usable$/);
    expect(text).not.toMatch(/ses/);
  });
});
