import { createServer as createHttp2, type Http2Server } from 'node:http2';
import { createServer as createTcp, type AddressInfo, type Server as TcpServer, type Socket } from 'node:net';
import { createServer as createHttp, type Server as HttpServer } from 'node:http';
import { ServerCredentials } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { RemoteInput } from '../../../src/config/remote.js';
import { readCapabilities } from '../../../src/remote/check/capabilities.js';
import { connectRemote } from '../../../src/remote/connect.js';
import { explainRemoteError } from '../../../src/remote/guard/explain.js';
import { Unavailable } from '../../../src/remote/guard/guard.js';
import { RpcError } from '../../../src/rpc/call.js';
import { Authority, type KeyPair } from '../certificates.js';
import { ConnectProxy } from '../connect-proxy.js';
import { EndpointServer, MACHINE, settingsOf } from '../endpoint-server.js';

type Given = Partial<Record<RemoteInput, string>>;

/** What calling an endpoint comes to: `ok`, or the problem in words. */
async function outcome(
  given: Given,
  deadline = 5000,
  environment: Record<string, string> = {},
): Promise<{ kind: string; text: string }> {
  const remote = connectRemote(settingsOf(given), { ...MACHINE, environment }, { mask: () => undefined });
  try {
    await readCapabilities(remote.cas, { deadline, signal: new AbortController().signal });
    return { kind: 'ok', text: '' };
  } catch (error) {
    return explainRemoteError(error, remote.cas, remote.secrets);
  } finally {
    remote.close();
  }
}

describe('TLS', () => {
  let authority: Authority;
  let ours: KeyPair;
  let stranger: Authority;
  const servers: EndpointServer[] = [];
  const port: Record<string, number> = {};

  beforeAll(async () => {
    authority = new Authority();
    stranger = new Authority();
    ours = authority.sign('DNS:client');
    const start = async (name: string, pair: KeyPair, ca: string | null = null) => {
      const keys = [{ cert_chain: Buffer.from(pair.certificate), private_key: Buffer.from(pair.key) }];
      const credentials = ServerCredentials.createSsl(
        ca === null ? null : Buffer.from(ca),
        keys,
        ca !== null,
      );
      const server = await new EndpointServer().start(credentials, 'localhost');
      servers.push(server);
      port[name] = server.port;
    };
    await start('good', authority.sign('DNS:localhost'));
    await start('other', authority.sign('DNS:elsewhere.example'));
    await start('expired', authority.sign('DNS:localhost', -1));
    await start('mutual', authority.sign('DNS:localhost'), authority.ca);
    const plain = await new EndpointServer().start();
    servers.push(plain);
    port.plain = plain.port;
  });

  afterAll(() => {
    for (const server of servers) server.stop();
    authority.dispose();
    stranger.dispose();
  });

  const at = (name: string, given: Given = {}) =>
    outcome({ remote: `grpcs://localhost:${port[name] ?? 0}`, 'remote-ca': authority.ca, ...given });
  const withClient = ({ certificate, key }: KeyPair) => ({
    'remote-client-cert': certificate,
    'remote-client-key': key,
  });

  test('by an authority of our own, and with a certificate of our own', async () => {
    expect(await at('good')).toEqual({ kind: 'ok', text: '' });
    expect(await at('mutual', withClient(ours))).toEqual({ kind: 'ok', text: '' });
  });

  test.each<[string, string, () => Given, string]>([
    ['an unknown authority', 'good', () => ({ 'remote-ca': stranger.ca }), '`remote-ca`'],
    ['no authority given', 'good', () => ({ 'remote-ca': '' }), '`remote-ca`'],
    ['another host', 'other', () => ({}), 'for another host'],
    ['an expired certificate', 'expired', () => ({}), 'expired'],
    ['no client certificate', 'mutual', () => ({}), '`remote-client-cert`'],
    [
      "a stranger's client certificate",
      'mutual',
      () => withClient(stranger.sign('DNS:client')),
      'client certificate',
    ],
    ['a server without TLS', 'plain', () => ({}), 'does not speak TLS'],
  ])('%s', async (_, name, given, says) => {
    const { kind, text } = await at(name, given());
    expect(kind).toBe('tls');
    expect(text).toContain(`grpcs://localhost:${port[name] ?? 0}`);
    expect(text).toContain(says);
  });

  test('through a proxy it is still spoken with the server, by its name', async () => {
    const name = 'remote.invalid';
    const keys = authority.sign(`DNS:${name}`);
    const pair = [{ cert_chain: Buffer.from(keys.certificate), private_key: Buffer.from(keys.key) }];
    const server = await new EndpointServer().start(ServerCredentials.createSsl(null, pair), 'localhost');
    const proxy = new ConnectProxy(() => server.port);
    await proxy.start();
    try {
      const environment = { https_proxy: proxy.address };
      const given = { remote: `grpcs://${name}`, 'remote-ca': authority.ca };
      expect(await outcome(given, 5000, environment)).toEqual({ kind: 'ok', text: '' });
      expect(proxy.asked[0]?.target).toBe(`${name}:443`);
      const wrong = await outcome({ ...given, remote: 'grpcs://other.invalid' }, 5000, environment);
      expect([wrong.kind, wrong.text]).toEqual(['tls', expect.stringContaining('is for another host')]);
    } finally {
      proxy.stop();
      server.stop();
    }
  });

  test('a client without TLS', async () => {
    const { kind, text } = await outcome({ remote: `grpc://localhost:${port.good ?? 0}` });
    expect([kind, text.includes('does it speak TLS (grpcs://)?')]).toEqual(['tls', true]);
  });
});

describe('who is there instead', () => {
  let silent: TcpServer;
  let web: HttpServer;
  let http2: Http2Server;
  /** Whether the second of them has a page for everybody. */
  let pages = false;
  const sockets: Socket[] = [];
  const listen = (server: TcpServer | HttpServer | Http2Server) =>
    new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const addressOf = (server: { address(): unknown }) =>
    `grpc://127.0.0.1:${(server.address() as AddressInfo).port}`;

  beforeAll(async () => {
    silent = createTcp((socket) => sockets.push(socket));
    web = createHttp((_, response) => response.writeHead(404).end());
    http2 = createHttp2((_, response) => {
      if (pages) response.end('<html>Log in first</html>');
      else response.writeHead(502).end();
    });
    await Promise.all([listen(silent), listen(web), listen(http2)]);
  });

  afterAll(() => {
    for (const socket of sockets) socket.destroy();
    for (const server of [silent, web, http2]) server.close();
  });

  test('one who says nothing costs the deadline and no more', async () => {
    const started = Date.now();
    expect(await outcome({ remote: addressOf(silent) }, 300)).toMatchObject({ kind: 'silent' });
    expect(Date.now() - started).toBeLessThan(1500);
  });

  test('a web server is not taken for one of ours', async () => {
    expect(await outcome({ remote: addressOf(web) })).toMatchObject({ kind: 'not-grpc' });
    expect(await outcome({ remote: addressOf(http2) })).toMatchObject({ kind: 'not-grpc' });
    pages = true;
    expect(await outcome({ remote: addressOf(http2) })).toMatchObject({ kind: 'not-grpc' });
  });

  test('one who hangs up as TLS begins', async () => {
    const rude = createTcp((socket) => socket.destroy());
    await listen(rude);
    const remote = addressOf(rude).replace('grpc:', 'grpcs:');
    expect(await outcome({ remote })).toMatchObject({ kind: 'tls' });
    rude.close();
  });

  test('nobody', async () => {
    const nobody = await outcome({ remote: 'grpc://127.0.0.1:1' });
    expect(nobody).toEqual({ kind: 'absent', text: 'nobody listens at grpc://127.0.0.1:1' });
    expect(await outcome({ remote: 'unix:/nonexistent/socket' })).toMatchObject({ kind: 'absent' });
  });
});

describe('in words', () => {
  const place = {
    endpoint: { display: 'grpcs://host:443', scheme: 'grpcs' as const },
    credentials: 'the token',
  };
  const secrets = { hide: (text: string) => text.replaceAll('sesame', '***') };
  const explain = (error: unknown) => explainRemoteError(error, place, secrets);

  test.each([
    [7, 'read only', 'forbidden', 'grpcs://host:443 is there and does not allow it: read only'],
    [16, '', 'refused-credentials', 'grpcs://host:443 is there and refuses the token'],
    [8, 'too much', 'overloaded', 'grpcs://host:443 has no room for it: too much'],
    [12, 'x', 'unimplemented', 'grpcs://host:443 does not have this service'],
    [13, 'a\nb sesame', 'error', 'grpcs://host:443 answers INTERNAL: a b ***'],
    [
      14,
      'Name resolution failed for target dns:host:443',
      'absent',
      'the host of grpcs://host:443 has no address',
    ],
    [14, 'draining', 'absent', 'grpcs://host:443 is unavailable: draining'],
  ])('%i %s', (code, details, kind, text) => {
    expect(explain(new RpcError('Method', code, details))).toEqual({ kind, text });
  });

  test('a service that is left alone is explained by what it was left for', () => {
    const cause = new RpcError('Method', 7, 'read only');
    expect(explain(new Unavailable('cas', 'tried 3 times', cause)).kind).toBe('forbidden');
  });

  test('an endless answer is cut', () => {
    expect(explain(new RpcError('Method', 13, 'x'.repeat(5000))).text).toHaveLength(300);
  });
});
