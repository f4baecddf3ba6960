import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** What can be asked of the service; version 1 has the same five under other addresses. */
export type CacheMethod =
  'CreateCacheEntry' | 'FinalizeCacheEntryUpload' | 'GetCacheEntryDownloadURL' | 'upload' | 'download';

export type CacheFault =
  /** Answered with a status. */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly message?: string;
      readonly retryAfter?: number;
    }
  /** Taken and never answered. */
  | { readonly kind: 'hang' }
  /** The connection is cut. */
  | { readonly kind: 'reset' }
  /** Done, and the connection is cut instead of an answer; or nothing is said. */
  | { readonly kind: 'lose-answer' | 'keep-answer' }
  /** Of a download: half of it, then the connection is cut; or ends as if that were all, without a Content-Length. */
  | { readonly kind: 'truncate' | 'truncate-quietly' }
  /** Of a download or an upload: half of it, then nothing more. */
  | { readonly kind: 'stall' }
  /** Of a download: one bit in its middle is another. */
  | { readonly kind: 'flip' }
  /** Of a download: whole, without a Content-Length. */
  | { readonly kind: 'no-length' };

export interface CacheServiceOptions {
  /** Milliseconds until a finished entry is found. */
  readonly lookupDelay?: number;
  /** More reservations in a minute are answered with 429. */
  readonly uploadsPerMinute?: number;
  /** Another service whose finished entries it has from the beginning. */
  readonly like?: CacheService;
}

/** What a job's token says: its own ref, where it writes, and those that it reads after it. */
export interface CacheScopes {
  readonly own: string;
  readonly base?: string;
  readonly default?: string;
  /** `denied`: may not even read. Default: `write`. */
  readonly permission?: 'write' | 'read' | 'denied';
}

export interface StoredEntry {
  readonly id: number;
  readonly key: string;
  readonly version: string;
  readonly scope: string;
  readonly size: number;
  /** False: reserved, and not there to be found. */
  readonly finished: boolean;
}

export interface CacheCounts {
  readonly calls: Readonly<Record<CacheMethod, number>>;
  /** Of archives alone. */
  readonly bytesUp: number;
  readonly bytesDown: number;
}

export interface CacheService {
  readonly url: string;
  /** What a runner puts into the environment of an action. */
  environment(scopes: CacheScopes, version?: 'v1' | 'v2'): Record<string, string>;
  /** The next so many calls of the method go wrong, by default all. */
  fail(method: CacheMethod, fault: CacheFault, times?: number): void;
  heal(): void;
  /** How many requests wait for an answer that does not come, all that is to be done for them being done. */
  held(): number;
  counts(): CacheCounts;
  resetCounts(): void;
  /** In the order in which they were reserved. */
  entries(): readonly StoredEntry[];
  /** The archive of an entry. */
  content(id: number): Promise<Buffer>;
  /** Forgets the entries of this key. */
  evict(key: string): void;
  close(): Promise<void>;
}

interface Entry {
  id: number;
  key: string;
  version: string;
  scope: string;
  size: number;
  /** What signs its addresses. */
  signature: string;
  file: string;
  /** Undefined while it is only reserved. */
  finishedAt: number | undefined;
  /** Counts up with every entry that is finished. */
  order: number;
}

interface Grant {
  readonly scopes: readonly string[];
  readonly permission: 'write' | 'read' | 'denied';
}

const NO_CALLS: Record<CacheMethod, number> = {
  CreateCacheEntry: 0,
  FinalizeCacheEntryUpload: 0,
  GetCacheEntryDownloadURL: 0,
  upload: 0,
  download: 0,
};
const TWIRP = '/twirp/github.actions.results.api.v1.CacheService/';
const V1 = '/_apis/artifactcache/';
/** Account and container, as the blob service's library expects them before a blob's name. */
const BLOBS = '/account/actions-cache/';
const WRITE_DENIED = 'cache write denied: the token of this run is read-only';
const READ_DENIED = 'cache read denied: the token of this run has no readable scopes';

/** Both versions of GitHub's cache service, on a port of 127.0.0.1. Archives are kept on disk. */
export async function startCacheService(options: CacheServiceOptions = {}): Promise<CacheService> {
  const folder = await mkdtemp(join(tmpdir(), 'cache-service-'));
  const entries: Entry[] = [];
  const faults: { method: CacheMethod; fault: CacheFault; left: number }[] = [];
  let calls = { ...NO_CALLS };
  let [bytesUp, bytesDown, nextId, finished, held] = [0, 0, 1, 0, 0];
  let reservations: number[] = [];
  let url = '';

  function takeFault(method: CacheMethod): CacheFault | undefined {
    calls[method] += 1;
    const found = faults.find((candidate) => candidate.method === method && candidate.left > 0);
    if (found !== undefined) found.left -= 1;
    return found?.fault;
  }

  /** Goes wrong as it was told, or does the work and answers. */
  async function call(method: CacheMethod, response: ServerResponse, work: () => Promise<Reply> | Reply) {
    const fault = takeFault(method);
    if (fault?.kind === 'stall') await halfOf(response.req);
    if (fault?.kind === 'hang' || fault?.kind === 'stall') return void (held += 1);
    if (fault?.kind === 'reset') return void response.destroy();
    if (fault?.kind === 'status') {
      if (fault.retryAfter !== undefined) response.setHeader('Retry-After', fault.retryAfter);
      const message = fault.message ?? `told to answer ${fault.status}`;
      send(response, problem(fault.status, message));
      return;
    }
    const reply = await work();
    if (fault?.kind === 'lose-answer') return void response.destroy();
    if (fault?.kind === 'keep-answer') return void (held += 1);
    send(response, reply);
  }

  function reserve(grant: Grant, key: string, version: string): Entry | Reply {
    if (grant.permission !== 'write') return { status: 200, body: { ok: false, message: WRITE_DENIED } };
    reservations = reservations.filter((time) => time > Date.now() - 60_000);
    if (reservations.length >= (options.uploadsPerMinute ?? Infinity)) {
      return { ...problem(429, 'rate limit exceeded'), headers: { 'Retry-After': '60' } };
    }
    const scope = grant.scopes[0] ?? '';
    const same = (entry: Entry) => entry.key === key && entry.version === version && entry.scope === scope;
    if (entries.some(same))
      return problem(409, 'cache entry with the same key, version, and scope already exists');
    reservations.push(Date.now());
    const id = nextId++;
    const file = join(folder, String(id));
    const signature = randomUUID();
    const entry = { id, key, version, scope, size: 0, signature, file, finishedAt: undefined, order: 0 };
    entries.push(entry);
    return entry;
  }

  for (const { id, key, version, scope, size } of options.like?.entries() ?? []) {
    const entry = reserve({ scopes: [scope], permission: 'write' }, key, version);
    if ('status' in entry) throw new Error(`a second entry of the key ${key}`);
    await writeFile(entry.file, (await options.like?.content(id)) ?? '');
    await finish(entry, size);
  }

  async function finish(entry: Entry | undefined, size: number): Promise<boolean> {
    const uploaded = entry === undefined ? undefined : await stat(entry.file).catch(() => undefined);
    if (entry === undefined || uploaded?.size !== size) return false;
    Object.assign(entry, { size, finishedAt: Date.now(), order: ++finished });
    return true;
  }

  /** Scope by scope, the own first; in each the exact key, then the newest that begins so, key by key. */
  function find(grant: Grant, keys: readonly string[], version: string): Entry | undefined {
    const since = Date.now() - (options.lookupDelay ?? 0);
    const seen = entries
      .filter((entry) => entry.version === version && (entry.finishedAt ?? Infinity) <= since)
      .sort((one, other) => other.order - one.order);
    for (const scope of grant.scopes) {
      const here = seen.filter((entry) => entry.scope === scope);
      const exact = here.find((entry) => entry.key === keys[0]);
      if (exact !== undefined) return exact;
      for (const key of keys) {
        const match =
          here.find((entry) => entry.key === key) ?? here.find((entry) => entry.key.startsWith(key));
        if (match !== undefined) return match;
      }
    }
    return undefined;
  }

  const blobUrl = (entry: Entry) => `${url.slice(0, -1)}${BLOBS}${entry.id}?sig=${entry.signature}`;

  async function twirp(method: string, grant: Grant, body: Body): Promise<Reply> {
    const [key, version] = [String(body.key), String(body.version)];
    if (method === 'CreateCacheEntry') {
      const entry = reserve(grant, key, version);
      return 'status' in entry
        ? entry
        : { status: 200, body: { ok: true, signed_upload_url: blobUrl(entry) } };
    }
    if (method === 'FinalizeCacheEntryUpload') {
      const entry = entries.find(
        (one) => one.key === key && one.version === version && one.scope === grant.scopes[0],
      );
      const ok = await finish(entry, Number(body.size_bytes));
      return { status: 200, body: ok ? { ok, entry_id: String(entry?.id) } : { ok } };
    }
    if (grant.permission === 'denied') return problem(403, READ_DENIED, 'permission_denied');
    const entry = find(grant, [key, ...((body.restore_keys ?? []) as string[])], version);
    if (entry === undefined) return { status: 200, body: { ok: false } };
    return { status: 200, body: { ok: true, signed_download_url: blobUrl(entry), matched_key: entry.key } };
  }

  async function v1(
    request: IncomingMessage,
    response: ServerResponse,
    grant: Grant,
    path: string,
    address: URL,
  ) {
    const entry = entries.find(({ id }) => path === `caches/${id}`);
    if (request.method === 'PATCH' && entry !== undefined) {
      return call('upload', response, async () => {
        const start = Number(/^bytes (\d+)-/.exec(request.headers['content-range'] ?? '')?.[1] ?? 0);
        await receive(request, entry.file, start);
        return { status: 204 };
      });
    }
    const body = await readJson(request);
    if (request.method === 'POST' && path === 'caches') {
      return call('CreateCacheEntry', response, () => {
        const made = reserve(grant, String(body.key), String(body.version));
        if (!('status' in made)) return { status: 201, body: { cacheId: made.id } };
        return made.status === 200 ? problem(403, WRITE_DENIED) : made;
      });
    }
    if (request.method === 'POST') {
      return call('FinalizeCacheEntryUpload', response, async () => {
        const ok = await finish(entry, Number(body.size));
        return ok ? { status: 204 } : problem(400, 'the size is another');
      });
    }
    if (path !== 'cache') {
      send(response, problem(404, 'no such resource'));
      return;
    }
    return call('GetCacheEntryDownloadURL', response, () => {
      if (grant.permission === 'denied') return problem(403, READ_DENIED);
      const query = address.searchParams;
      const found = find(grant, (query.get('keys') ?? '').split(','), query.get('version') ?? '');
      if (found === undefined) return { status: 204 };
      const { key: cacheKey, scope } = found;
      return { status: 200, body: { cacheKey, scope, archiveLocation: blobUrl(found) } };
    });
  }

  async function receive(request: Readable, file: string, start?: number): Promise<void> {
    // Two chunks of one archive may come in any order, and neither may cut off the other.
    const flags = start === undefined ? 'w' : (await exists(file)) ? 'r+' : 'w';
    request.on('data', (chunk: Buffer) => (bytesUp += chunk.length));
    await pipeline(request, createWriteStream(file, { flags, start: start ?? 0 }));
  }

  async function putBlob(request: IncomingMessage, entry: Entry, query: URLSearchParams): Promise<Reply> {
    const blockFile = (block: string) => `${entry.file}-${Buffer.from(block).toString('hex')}`;
    const headers = {
      ETag: `"${entry.id}"`,
      'Last-Modified': new Date().toUTCString(),
      'x-ms-version': '2025-11-05',
    };
    if (query.get('comp') === 'block') {
      await receive(request, blockFile(query.get('blockid') ?? ''));
    } else if (query.get('comp') === 'blocklist') {
      const list = (await readAll(request)).toString();
      const blocks = [...list.matchAll(/<Latest>([^<]*)<\/Latest>/g)].map(([, id]) => blockFile(id ?? ''));
      await pipeline(Readable.from(concatenate(blocks)), createWriteStream(entry.file));
      for (const block of blocks) await rm(block);
    } else {
      await receive(request, entry.file);
    }
    return { status: 201, headers };
  }

  async function getBlob(response: ServerResponse, entry: Entry): Promise<void> {
    const fault = takeFault('download');
    if (fault?.kind === 'hang') return void (held += 1);
    if (fault?.kind === 'reset') return void response.destroy();
    if (fault?.kind === 'status') {
      send(response, problem(fault.status, fault.message ?? 'told to fail'));
      return;
    }
    const half = Math.floor(entry.size / 2);
    const partial =
      fault?.kind === 'truncate' || fault?.kind === 'truncate-quietly' || fault?.kind === 'stall';
    const length = partial ? half : entry.size;
    if (fault?.kind !== 'no-length' && fault?.kind !== 'truncate-quietly') {
      response.setHeader('Content-Length', entry.size);
    }
    response.writeHead(200, { 'Content-Type': 'application/octet-stream' });
    let sent = 0;
    for await (const chunk of createReadStream(entry.file) as AsyncIterable<Buffer>) {
      const part = chunk.subarray(0, length - sent);
      const flipped = half - sent;
      if (fault?.kind === 'flip' && flipped >= 0 && flipped < part.length) {
        part.writeUInt8(part.readUInt8(flipped) ^ 1, flipped);
      }
      sent += part.length;
      bytesDown += part.length;
      if (part.length > 0 && !response.write(part)) await drained(response);
      if (sent === length || response.destroyed) break;
    }
    if (fault?.kind === 'truncate') setTimeout(() => response.destroy(), 50);
    else if (fault?.kind === 'stall') held += 1;
    else response.end();
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const address = new URL(request.url ?? '/', url);
    const path = address.pathname;
    if (path.startsWith(BLOBS)) {
      const entry = entries.find(({ id }) => path === `${BLOBS}${id}`);
      if (entry?.signature !== address.searchParams.get('sig')) {
        send(response, { status: 404, body: 'there is no such blob' });
        return;
      }
      if (request.method !== 'PUT') return getBlob(response, entry);
      return call('upload', response, () => putBlob(request, entry, address.searchParams));
    }
    const grant = grantOf(request.headers.authorization ?? '');
    if (grant === undefined) {
      send(response, problem(401, 'the token is not valid', 'unauthenticated'));
      return;
    }
    if (path.startsWith(V1)) return v1(request, response, grant, path.slice(V1.length), address);
    const method = path.slice(TWIRP.length);
    if (!path.startsWith(TWIRP) || !isServiceMethod(method)) {
      send(response, problem(404, `no such method: ${path}`, 'bad_route'));
      return;
    }
    const body = await readJson(request);
    return call(method, response, () => twirp(method, grant, body));
  }

  const server = createServer((request, response) => {
    // A client that goes away in the middle is its own affair.
    serve(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;

  return {
    url,
    environment: (scopes, version = 'v2') => ({
      ACTIONS_RUNTIME_TOKEN: tokenFor(scopes),
      ...(version === 'v2'
        ? { ACTIONS_RESULTS_URL: url, ACTIONS_CACHE_SERVICE_V2: 'True' }
        : { ACTIONS_CACHE_URL: url }),
    }),
    fail: (method, fault, times = Infinity) => {
      faults.push({ method, fault, left: times });
    },
    heal: () => {
      faults.length = 0;
    },
    held: () => held,
    counts: () => ({ calls: { ...calls }, bytesUp, bytesDown }),
    resetCounts: () => {
      calls = { ...NO_CALLS };
      [bytesUp, bytesDown] = [0, 0];
    },
    entries: () =>
      entries.map(({ id, key, version, scope, size, finishedAt }) => {
        return { id, key, version, scope, size, finished: finishedAt !== undefined };
      }),
    content: (id) => readFile(join(folder, String(id))),
    evict: (key) => {
      for (const entry of entries.filter((one) => one.key === key)) {
        entries.splice(entries.indexOf(entry), 1);
        void rm(entry.file, { force: true });
      }
    },
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

type Body = Readonly<Record<string, unknown>>;

interface Reply {
  readonly status: number;
  readonly body?: Body | string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An error in the words of both versions. */
function problem(
  status: number,
  message: string,
  code = status === 409 ? 'already_exists' : 'internal',
): Reply {
  return { status, body: { code, msg: message, message, typeKey: code } };
}

function send(response: ServerResponse, { status, body, headers }: Reply): void {
  const type = typeof body === 'string' ? 'text/plain' : 'application/json';
  response.writeHead(status, { ...headers, ...(body === undefined ? {} : { 'Content-Type': type }) });
  response.end(typeof body === 'string' ? body : body && JSON.stringify(body));
}

function isServiceMethod(name: string): name is CacheMethod {
  return name in NO_CALLS && name !== 'upload' && name !== 'download';
}

/** Shaped like a runner's: a JSON web token whose claim `ac` lists the scopes, 3 for write, 1 for read only. */
function tokenFor({ own, base, default: main, permission = 'write' }: CacheScopes): string {
  const refs = [...new Set([own, base, main])].filter((ref) => ref !== undefined);
  const scopes = refs.map((ref, index) => {
    return { Scope: ref, Permission: index === 0 && permission === 'write' ? 3 : 1 };
  });
  const claims = { ac: JSON.stringify(permission === 'denied' ? [] : scopes) };
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${encode({ alg: 'none', typ: 'JWT' })}.${encode(claims)}.c2lnbmF0dXJl`;
}

function grantOf(authorization: string): Grant | undefined {
  try {
    const claims = Buffer.from(authorization.replace(/^Bearer /, '').split('.')[1] ?? '', 'base64url');
    const { ac } = JSON.parse(claims.toString()) as { ac: string };
    const scopes = JSON.parse(ac) as { Scope: string; Permission: number }[];
    const permission = scopes.length === 0 ? 'denied' : scopes[0]?.Permission === 3 ? 'write' : 'read';
    return { scopes: scopes.map(({ Scope }) => Scope), permission };
  } catch {
    return undefined;
  }
}

/** Takes half of what a request has announced, and no more. */
async function halfOf(request: IncomingMessage): Promise<void> {
  let left = Number(request.headers['content-length']) / 2;
  await new Promise<void>((resolve) => {
    request.on('data', (chunk: Buffer) => {
      left -= chunk.length;
      if (left > 0) return;
      request.pause();
      resolve();
    });
  });
}

async function readAll(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function readJson(request: IncomingMessage): Promise<Body> {
  const text = (await readAll(request)).toString();
  return text === '' ? {} : (JSON.parse(text) as Body);
}

async function* concatenate(files: readonly string[]): AsyncGenerator<Buffer> {
  for (const file of files) yield* createReadStream(file) as AsyncIterable<Buffer>;
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}

async function drained(response: ServerResponse): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = () => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.on('drain', done).on('close', done);
  });
}
