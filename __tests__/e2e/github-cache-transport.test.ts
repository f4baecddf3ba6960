import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { execFileSync, fork, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { githubTransport } from '../../src/packs/transport/github/github-transport.js';
import { makePrograms } from '../../src/packs/transport/github/programs.js';
import type { Transport } from '../../src/packs/transport/transport.js';
import { type CacheScopes, type CacheService, startCacheService } from '../packs/cache-service.js';
import { until } from './until.js';

const PROGRAM = resolve('dist/github-cache.js');
const CONTENT = randomBytes(300_000);
const MAIN: CacheScopes = { own: 'refs/heads/main' };
const never = new AbortController().signal;
/** More bytes than anything here has. */
const MOST = 1e9;

let folder: string;
let source: string;
let service: CacheService;
let open: Transport[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'github transport-'));
  source = join(folder, 'source');
  await writeFile(source, CONTENT);
  service = await startCacheService();
  open = [];
});
afterEach(async () => {
  await Promise.all(open.map((transport) => transport.close()));
  expect(helpers()).toEqual([]);
  expect(existsSync(scratch()) ? readdirSync(scratch()) : []).toEqual([]);
  await service.close();
  await rm(folder, { recursive: true, force: true });
});

interface Job {
  readonly scopes?: CacheScopes;
  readonly version?: 'v1' | 'v2';
  readonly environment?: Readonly<Record<string, string>>;
  readonly node?: string;
}

function machineOf(environment: Readonly<Record<string, string>>) {
  const path = (environment.PATH ?? process.env.PATH ?? '').split(':');
  return { workspace: '/nonexistent', home: '/', environment, path };
}

function connect({
  scopes = MAIN,
  version = 'v2',
  environment = {},
  node = process.execPath,
}: Job = {}): Transport {
  const job = { PATH: process.env.PATH ?? '', ...service.environment(scopes, version), ...environment };
  const transport = githubTransport({ program: PROGRAM, node, machine: machineOf(job), folder: scratch() });
  open.push(transport);
  return transport;
}

function scratch(): string {
  return join(folder, 'scratch');
}

function target(name = 'fetched'): string {
  return join(folder, name);
}

/** The helpers of this test, by their working folder. */
function helpers(): number[] {
  return processes(`GITHUB_WORKSPACE=${scratch()}/`);
}

function processes(variable: string): number[] {
  return readdirSync('/proc')
    .filter(
      (name) => /^\d+$/.test(name) && environmentOf(Number(name)).some((entry) => entry.startsWith(variable)),
    )
    .map(Number);
}

function environmentOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    return []; // Another user's, or gone.
  }
}

/** A Node whose waits, such as the library's between two attempts, last a hundredth of their time. */
async function hurriedNode(): Promise<string> {
  const hurry = join(folder, 'hurry.mjs');
  const node = join(folder, 'node');
  await writeFile(
    hurry,
    'const { setTimeout: set } = globalThis; globalThis.setTimeout = (f, ms, ...a) => set(f, ms / 100, ...a);',
  );
  await writeFile(node, `#!/bin/sh\nexec '${process.execPath}' --import 'file://${encodeURI(hurry)}' "$@"\n`);
  await chmod(node, 0o755);
  return node;
}

const denied = (words: string) => ({
  name: 'TransportError',
  kind: 'denied',
  message: expect.stringContaining(words),
});
const failed = (words: string) => ({
  name: 'TransportError',
  kind: 'failed',
  message: expect.stringContaining(words),
});

describe.each(['v1', 'v2'] as const)('version %s of the service', (version) => {
  test('stores, finds and fetches', async () => {
    const transport = connect({ version });
    expect(transport.access).toEqual({ read: true, write: true, why: null });
    expect(await transport.has('k-00000001', never)).toBe(false);
    expect(await transport.fetchNewest('k-', target(), MOST, never)).toBeUndefined();
    expect(await transport.store('k-00000001', source, never)).toBe('stored');
    expect(await transport.store('k-00000001', source, never)).toBe('taken');
    await writeFile(source, 'newer');
    expect(await transport.store('k-00000002', source, never)).toBe('stored');
    expect(await transport.has('k-00000001', never)).toBe(true);
    const bytes = service.entries()[0]?.size;
    expect(await transport.fetch('k-00000001', target(), MOST, never)).toEqual({ key: 'k-00000001', bytes });
    expect(CONTENT.equals(await readFile(target()))).toBe(true);
    expect(await transport.fetchNewest('k-', target('newest'), MOST, never)).toMatchObject({
      key: 'k-00000002',
    });
    expect(await readFile(target('newest'), 'utf8')).toBe('newer');
  });

  test('gives no longer key for an exact one', async () => {
    const transport = connect({ version });
    await transport.store('k-1-2', source, never);
    expect(await transport.has('k-1', never)).toBe(false);
    expect(await transport.fetch('k-1', target(), MOST, never)).toBeUndefined();
    expect(existsSync(target())).toBe(false);
  });

  test('lets one of two writers have a key', async () => {
    const outcomes = await Promise.all(
      [connect({ version }), connect({ version })].map((one) => one.store('k', source, never)),
    );
    expect(outcomes.toSorted()).toEqual(['stored', 'taken']);
  });

  test('tells a token that may only read, or not even that', async () => {
    await connect({ version }).store('k', source, never);
    const reader = connect({ version, scopes: { ...MAIN, permission: 'read' } });
    expect(await reader.has('k', never)).toBe(true);
    await expect(reader.store('l', source, never)).rejects.toMatchObject(denied('may only read'));
    const stranger = connect({ version, scopes: { ...MAIN, permission: 'denied' } });
    await expect(stranger.fetch('k', target(), MOST, never)).rejects.toMatchObject(denied('may not read'));
    const forger = connect({ version, environment: { ACTIONS_RUNTIME_TOKEN: 'x.y.z' } });
    await expect(forger.has('k', never)).rejects.toMatchObject(denied('(401)'));
  });

  test('says that it is down', async () => {
    const transport = connect({ version, node: await hurriedNode() });
    service.fail('GetCacheEntryDownloadURL', { kind: 'status', status: 503 });
    await expect(transport.fetch('k', target(), MOST, never)).rejects.toMatchObject(
      failed('it answered 503'),
    );
    service.fail('CreateCacheEntry', { kind: 'status', status: 500 });
    await expect(transport.store('k', source, never)).rejects.toMatchObject({
      name: 'TransportError',
      kind: 'failed',
    });
    service.heal();
    expect(await transport.store('k', source, never)).toBe('stored');
  });

  test('says that a download broke off, and leaves nothing', async () => {
    const transport = connect({ version });
    await transport.store('k', source, never);
    for (const kind of ['truncate', 'truncate-quietly'] as const) {
      service.fail('download', { kind }, 1);
      await expect(transport.fetch('k', target(), MOST, never)).rejects.toMatchObject(
        failed('could not fetch k: '),
      );
      expect(existsSync(target())).toBe(false);
    }
    service.fail('download', { kind: 'status', status: 404 }, 1);
    await expect(transport.fetch('k', target(), MOST, never)).rejects.toMatchObject(
      failed('no archive of ours'),
    );
    service.fail('download', { kind: 'flip' }, 1);
    await transport.fetch('k', target(), MOST, never);
    expect(CONTENT.equals(await readFile(target()))).toBe(false);
    service.fail('download', { kind: 'no-length' }, 1);
    await transport.fetch('k', target('whole'), MOST, never);
    expect(CONTENT.equals(await readFile(target('whole')))).toBe(true);
  });
});

describe('keys', () => {
  test('are read from the base and the default branch, and written to the own ref', async () => {
    await connect().store('k-main', source, never);
    await connect({ scopes: { own: 'refs/heads/next' } }).store('k-next', source, never);
    const pull = connect({
      scopes: { own: 'refs/pull/1/merge', base: 'refs/heads/next', default: 'refs/heads/main' },
    });
    expect(await pull.has('k-main', never)).toBe(true);
    expect(await pull.fetchNewest('k-', target(), MOST, never)).toMatchObject({ key: 'k-next' });
    expect(await pull.store('k-main', source, never)).toBe('stored');
    expect(service.entries().map(({ scope }) => scope)).toEqual([
      'refs/heads/main',
      'refs/heads/next',
      'refs/pull/1/merge',
    ]);
    expect(await connect({ scopes: { own: 'refs/heads/other' } }).has('k-main', never)).toBe(false);
  });

  test('are seen after a while', async () => {
    await service.close();
    service = await startCacheService({ lookupDelay: 500 });
    const transport = connect();
    await transport.store('k', source, never);
    expect(await transport.has('k', never)).toBe(false);
    expect(await transport.store('k', source, never)).toBe('taken');
    await new Promise((wake) => setTimeout(wake, 600));
    expect(await transport.has('k', never)).toBe(true);
    service.evict('k');
    expect(await transport.has('k', never)).toBe(false);
  });

  test('stay taken by a writer that was killed', async () => {
    service.fail('upload', { kind: 'hang' }, 1);
    const transport = connect();
    const abort = new AbortController();
    const storing = transport.store('k', source, abort.signal);
    await until(() => service.counts().calls.upload === 1);
    abort.abort(new Error('killed'));
    await expect(storing).rejects.toThrow('killed');
    expect(await transport.store('k', source, never)).toBe('taken');
    expect(await transport.fetch('k', target(), MOST, never)).toBeUndefined();
  });

  test('have the same version with zstd on PATH and without', async () => {
    const zstd = join(folder, 'with-zstd');
    const plain = join(folder, 'without');
    await Promise.all([mkdir(zstd), mkdir(plain)]);
    await writeFile(join(zstd, 'zstd'), '#!/bin/sh\necho v1.5.5\n', { mode: 0o755 });
    const tar = execFileSync('sh', ['-c', 'command -v tar'], { encoding: 'utf8' }).trim();
    await symlink(tar, join(plain, 'tar'));
    await connect({ environment: { PATH: `${zstd}:${plain}` } }).store('k', source, never);
    await connect({ environment: { PATH: plain } }).fetch('k', target(), MOST, never);
    expect(CONTENT.equals(await readFile(target()))).toBe(true);
  });

  test('that the service does not take', async () => {
    await expect(connect().store('a,b', source, never)).rejects.toMatchObject(failed('takes no such key'));
  });
});

describe('archives of others', () => {
  /** Stores what another program of this job could. */
  async function plant(key: string, archive: Buffer): Promise<void> {
    await connect().store('template', source, never);
    const version = service.entries()[0]?.version;
    const job = service.environment(MAIN);
    const call = async (method: string, body: object) => {
      const address = `${service.url}twirp/github.actions.results.api.v1.CacheService/${method}`;
      const headers = { Authorization: `Bearer ${job.ACTIONS_RUNTIME_TOKEN ?? ''}` };
      const response = await fetch(address, { method: 'POST', headers, body: JSON.stringify(body) });
      return (await response.json()) as { ok: boolean; signed_upload_url: string };
    };
    const { signed_upload_url: address } = await call('CreateCacheEntry', { key, version });
    await fetch(address, { method: 'PUT', body: new Uint8Array(archive) });
    expect(
      await call('FinalizeCacheEntryUpload', { key, version, size_bytes: archive.length }),
    ).toMatchObject({ ok: true });
  }

  async function archive(...argv: string[]): Promise<Buffer> {
    return execFileSync('tar', ['-cPf', '-', ...argv], { cwd: folder, maxBuffer: Infinity });
  }

  test('may be compressed', async () => {
    await writeFile(join(folder, 'object'), 'content');
    await plant('k', await archive('-z', 'object'));
    await connect().fetch('k', target(), MOST, never);
    expect(await readFile(target(), 'utf8')).toBe('content');
  });

  test('write nothing but the object', async () => {
    await writeFile(join(folder, 'object'), 'content');
    await writeFile(join(folder, 'outside'), 'planted');
    const planted = await archive('object', join(folder, 'outside'));
    await rm(join(folder, 'outside'));
    await plant('k', planted);
    await connect().fetch('k', target(), MOST, never);
    expect(existsSync(join(folder, 'outside'))).toBe(false);
  });

  const large = 30_000_000;
  const tooLarge = { name: 'OversizedObject', key: 'k-1', most: 100_000 };

  test('that hold more than an object may have are given up', async () => {
    await writeFile(join(folder, 'object'), Buffer.alloc(large));
    await plant('k-1', await archive('-z', 'object'));
    const transport = connect();
    await expect(transport.fetchNewest('k-', target(), 100_000, never)).rejects.toMatchObject(tooLarge);
    await expect(transport.fetch('k-1', target(), 100_000, never)).rejects.toMatchObject(tooLarge);
    expect(await transport.fetch('k-', target(), 100_000, never)).toBeUndefined();
    expect(existsSync(target())).toBe(false);
    expect(await transport.fetch('k-1', target(), large, never)).toMatchObject({ key: 'k-1' });
  });

  test('that are too large themselves are given up before they are here', async () => {
    await writeFile(join(folder, 'object'), Buffer.alloc(large));
    await plant('k-1', await archive('object'));
    service.fail('download', { kind: 'stall' }, 1); // It would take for ever.
    await expect(connect().fetch('k-1', target(), 100_000, never)).rejects.toMatchObject(tooLarge);
    expect(existsSync(target())).toBe(false);
  });

  test('are unpacked no further than an object may go', async () => {
    await writeFile(join(folder, 'object'), Buffer.alloc(large));
    await writeFile(join(folder, 'archive'), await archive('-z', 'object'));
    makePrograms(join(folder, 'programs'), machineOf({}));
    const env = { PATH: join(folder, 'programs'), GITHUB_WORKSPACE: folder };
    const run = (blocks: number) => {
      writeFileSync(join(folder, 'most-blocks'), `${blocks}\n`);
      return spawnSync('tar', ['-xf', 'archive', '-P', '-z'], { cwd: folder, env }).status;
    };
    expect(run(196)).not.toBe(0);
    expect((await stat(join(folder, 'object'))).size).toBe(196 * 512);
    expect(run(Math.ceil(large / 512))).toBe(0);
    expect((await stat(join(folder, 'object'))).size).toBe(large);
  });

  test("are moved by the machine's own tar, which has no token of the job", async () => {
    const [own, checkout] = [join(folder, 'own'), join(folder, 'checkout')];
    for (const [place, line] of [
      [
        own,
        `env >>'${folder}/seen'; exec ${execFileSync('sh', ['-c', 'command -v tar']).toString().trim()} "$@"`,
      ],
      [checkout, `: >'${folder}/sprung'`],
    ] as const) {
      mkdirSync(place);
      writeFileSync(join(place, 'tar'), `#!/bin/sh\nPATH=/usr/bin:/bin\n${line}\n`, { mode: 0o755 });
    }
    const PATH = [checkout, own, process.env.PATH].join(':');
    const transport = connect({ environment: { PATH, GITHUB_WORKSPACE: checkout } });
    expect(await transport.store('k-1', source, never)).toBe('stored');
    expect(await transport.fetch('k-1', target(), 100_000_000, never)).toMatchObject({ key: 'k-1' });
    expect(existsSync(join(folder, 'sprung'))).toBe(false);
    const seen = await readFile(join(folder, 'seen'), 'utf8');
    expect(seen).toContain('GITHUB_WORKSPACE=');
    expect(seen).not.toContain('ACTIONS_');
  });

  test('bring no link', async () => {
    await symlink('/etc/passwd', join(folder, 'object'));
    await plant('k', await archive('object'));
    await connect().fetch('k', target(), MOST, never);
    expect(await readFile(target(), 'utf8')).toBe('');
  });
});

describe('faults of the service', () => {
  test('too many requests', async () => {
    await service.close();
    service = await startCacheService({ uploadsPerMinute: 1 });
    const transport = connect();
    await transport.store('k-1', source, never);
    await expect(transport.store('k-2', source, never)).rejects.toMatchObject(failed('(429), for 60 s'));
    service.fail('GetCacheEntryDownloadURL', { kind: 'status', status: 429 }, 1);
    await expect(transport.has('k-1', never)).rejects.toMatchObject(failed('(429)'));
  });

  test('a refusal without words', async () => {
    const transport = connect();
    service.fail('CreateCacheEntry', { kind: 'status', status: 403 }, 1);
    await expect(transport.store('k', source, never)).rejects.toMatchObject(denied('(403)'));
    service.fail('GetCacheEntryDownloadURL', { kind: 'status', status: 403 }, 1);
    await expect(transport.has('k', never)).rejects.toMatchObject(denied('(403)'));
  });

  test('an answer that is lost', async () => {
    const transport = connect({ node: await hurriedNode() });
    service.fail('FinalizeCacheEntryUpload', { kind: 'lose-answer' }, 1);
    // It is there, and nobody can say by whom.
    expect(await transport.store('k', source, never)).toBe('taken');
    expect(await transport.has('k', never)).toBe(true);
  });

  test('connections that are cut', async () => {
    const transport = connect({ node: await hurriedNode() });
    service.fail('GetCacheEntryDownloadURL', { kind: 'reset' });
    await expect(transport.has('k', never)).rejects.toMatchObject(failed('no connection (ECONNRESET)'));
    service.heal();
    service.fail('upload', { kind: 'status', status: 500 });
    await expect(transport.store('k', source, never)).rejects.toMatchObject(failed('could not store k'));
    expect(service.entries()).toMatchObject([{ key: 'k', finished: false }]);
  });

  test.each([
    [403, 1, denied('it refuses us (403)')],
    [404, 1, failed('it answered 404')],
    [503, 2, failed('it answered 503')],
  ])(
    'a page in place of an answer, with %d, is asked for no more often than helps',
    async (status, times, expected) => {
      let asked = 0;
      const web = createServer((_, response) => {
        asked += 1;
        response.writeHead(status).end('<html>');
      });
      await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
      try {
        const { port } = web.address() as AddressInfo;
        const transport = connect({ environment: { ACTIONS_RESULTS_URL: `http://127.0.0.1:${port}/` } });
        await expect(transport.fetch('k', target(), MOST, never)).rejects.toMatchObject(expected);
        await until(() => helpers().length === 0);
        await expect(transport.has('k', never)).rejects.toMatchObject(expected);
        expect(asked).toBe(2 * times);
      } finally {
        web.close();
      }
    },
  );

  test('an address where nobody is', async () => {
    const transport = connect({ environment: { ACTIONS_RESULTS_URL: 'http://127.0.0.1:1/' } });
    await expect(transport.store('k', source, never)).rejects.toMatchObject(
      failed('could not store k: no connection'),
    );
  });
});

describe('an abort', () => {
  test.each(['GetCacheEntryDownloadURL', 'download'] as const)(
    'ends a fetch whose %s hangs',
    async (method) => {
      const transport = connect();
      await transport.store('k', source, never);
      service.resetCounts();
      service.fail(method, { kind: method === 'download' ? 'stall' : 'hang' });
      const abort = new AbortController();
      const fetching = transport.fetch('k', target(), MOST, abort.signal);
      await until(() => service.counts().calls[method] === 1);
      abort.abort(new Error('enough'));
      await expect(fetching).rejects.toThrow('enough');
      await until(() => helpers().length === 0);
      expect(existsSync(target())).toBe(false);
      service.heal();
      await transport.fetch('k', target(), MOST, never);
    },
  );

  test('ends a wait for a free helper', async () => {
    const transport = connect();
    service.fail('GetCacheEntryDownloadURL', { kind: 'hang' });
    const abort = new AbortController();
    const busy = Array.from({ length: 4 }, () => transport.has('k', abort.signal));
    await until(() => service.counts().calls.GetCacheEntryDownloadURL === 4);
    expect(helpers()).toHaveLength(4);
    const impatient = new AbortController();
    const waiting = transport.has('k', impatient.signal);
    const patient = transport.has('k', never);
    impatient.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    service.heal();
    abort.abort(new Error('all'));
    for (const one of await Promise.allSettled(busy))
      expect(one).toMatchObject({ reason: { message: 'all' } });
    expect(await patient).toBe(false);
  });

  test('beforehand asks nothing', async () => {
    await expect(connect().has('k', AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
    expect(service.counts().calls.GetCacheEntryDownloadURL).toBe(0);
  });
});

describe('the helper', () => {
  test('that is killed fails its request, and the next has another', async () => {
    const transport = connect();
    service.fail('GetCacheEntryDownloadURL', { kind: 'hang' }, 1);
    const asked = transport.has('k', never);
    const rejected = expect(asked).rejects.toMatchObject(failed('ended early (SIGKILL)'));
    await until(() => service.counts().calls.GetCacheEntryDownloadURL === 1);
    for (const pid of helpers()) process.kill(pid, 'SIGKILL');
    await rejected;
    expect(await transport.has('k', never)).toBe(false);
  });

  test('that cannot be started is told', async () => {
    const transport = connect({ node: join(folder, 'no-node') });
    await expect(transport.has('k', never)).rejects.toMatchObject(failed('ENOENT'));
  });

  test('is used again, and ended by the close, whatever it does', async () => {
    const transport = connect();
    await until(() => helpers().length === 1);
    const [first] = helpers();
    await transport.has('k', never);
    await transport.has('k', never);
    expect(helpers()).toEqual([first]);
    service.fail('GetCacheEntryDownloadURL', { kind: 'hang' });
    const asked = transport.has('k', never);
    const rejected = expect(asked).rejects.toMatchObject({ kind: 'failed' });
    await until(() => service.counts().calls.GetCacheEntryDownloadURL === 3);
    await transport.close();
    await rejected;
    expect(helpers()).toEqual([]);
    await expect(transport.has('k', never)).rejects.toMatchObject(failed('closed'));
  });

  test('holds nothing of the job that it does not need, and its token not in its arguments', async () => {
    connect({ environment: { GITHUB_TOKEN: 'secret', RUNNER_TRACKING_ID: 'github_1', INPUT_A: 'b' } });
    await until(() => helpers().length === 1);
    const [pid = 0] = helpers();
    const names = environmentOf(pid).map((entry) => entry.split('=')[0]);
    expect(names).toEqual(expect.arrayContaining(['ACTIONS_RUNTIME_TOKEN', 'RUNNER_TRACKING_ID', 'PATH']));
    for (const name of ['GITHUB_TOKEN', 'INPUT_A', 'NODE_OPTIONS']) expect(names).not.toContain(name);
    expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).not.toContain('.c2lnbmF0dXJl');
  });

  test('ends with its parent, in the middle of a request, and takes its folder along', async () => {
    service.fail('GetCacheEntryDownloadURL', { kind: 'hang' });
    const workspace = join(scratch(), 'helper-orphan');
    await mkdir(workspace, { recursive: true });
    const parent = join(folder, 'parent.mjs');
    await writeFile(
      parent,
      `import { fork } from 'node:child_process';
      const [program, cwd, job] = process.argv.slice(2);
      const env = { ...JSON.parse(job), GITHUB_WORKSPACE: cwd + '/', RUNNER_TEMP: '.' };
      fork(program, [], { execArgv: [], detached: true, stdio: ['ignore', 'ignore', 'ignore', 'ipc'], cwd, env })
        .send({ do: 'look', key: 'k' });`,
    );
    const child = fork(parent, [PROGRAM, workspace, JSON.stringify(service.environment(MAIN))], {
      execArgv: [],
    });
    await until(() => service.counts().calls.GetCacheEntryDownloadURL === 1);
    expect(helpers()).toHaveLength(1);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await until(() => helpers().length === 0);
    expect(existsSync(workspace)).toBe(false);
  });

  test('is not started where nothing is allowed', async () => {
    const transport = connect({ environment: { ACTIONS_CACHE_MODE: 'none' } });
    await expect(transport.fetch('k', target(), MOST, never)).rejects.toMatchObject(
      denied('ACTIONS_CACHE_MODE is none'),
    );
    await expect(transport.store('k', source, never)).rejects.toMatchObject(
      denied('ACTIONS_CACHE_MODE is none'),
    );
    expect(existsSync(scratch())).toBe(false);
  });

  test('may write without reading', async () => {
    const transport = connect({ environment: { ACTIONS_CACHE_MODE: 'write-only' } });
    expect(await transport.store('k', source, never)).toBe('stored');
    expect(await transport.store('k', source, never)).toBe('taken');
    await expect(transport.has('k', never)).rejects.toMatchObject(denied('forbids reading'));
  });
});

test('the helper, started by hand, leaves the folder alone in which it was started', () => {
  const { status, stderr } = spawnSync(process.execPath, [PROGRAM], { cwd: folder, encoding: 'utf8' });
  expect(status).toBe(2);
  expect(stderr).toContain('does nothing by itself');
  expect(readFileSync(source)).toEqual(CONTENT);
});
