import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { describe, expect, test } from '@jest/globals';
import { type CasdConnection, connectCasd } from '../../src/casd/connection.js';
import type { CasdState } from '../../src/casd/state.js';
import { digestOf, type Digest } from '../../src/reapi/digest.js';
import { callUnary, RpcError } from '../../src/rpc/call.js';
import { noise } from '../remote/connected.js';
import { RealCasd } from '../remote/real-casd.js';
import { Bench } from './command-line.js';

/** Nothing ever listens at this port. */
const DEAD = 'grpc://127.0.0.1:1';

interface Stage {
  readonly server: RealCasd;
  readonly bench: Bench;
}

/** A test with a server and a machine of its own, so that it can run beside others. */
function stage(play: (stage: Stage) => Promise<void>): () => Promise<void> {
  return async () => {
    const [server, bench] = [new RealCasd(), new Bench()];
    await server.start();
    try {
      await play({ server, bench });
    } finally {
      await bench.dispose();
      await server.stop();
    }
    expect(bench.leftovers()).toEqual([]);
  };
}

describe('casd start --remote', () => {
  test.concurrent(
    'prints the instance by which other tools reach the remote',
    stage(async ({ server, bench }) => {
      const { stdout, exitCode } = await bench.command('casd', 'start', '--remote', server.address);
      expect(exitCode).toBe(0);
      const [socket, instance] = stdout.trimEnd().split('\n');
      expect(socket).toMatch(/^unix:/);
      expect(instance).toMatch(/^[0-9a-f]+$/);
      const again = await bench.command('casd', 'start', '--remote', server.address, '--json');
      expect(JSON.parse(again.stdout)).toMatchObject({ socket, instance });
      expect((await bench.command('check', '--remote', server.address)).stdout).toMatch(/Through casd +yes/);
    }),
  );

  test.concurrent(
    'of a remote that is not there starts the daemon and says so',
    stage(async ({ bench }) => {
      const started = await bench.command('casd', 'start', '--remote', DEAD);
      expect(started.exitCode).toBe(0);
      expect(started.stdout.trimEnd().split('\n')).toHaveLength(1);
      expect(started.stderr).toMatch(/cannot be attached to casd: nobody listens/);
    }),
  );

  test.concurrent(
    'of a remote that is not there fails where asked to',
    stage(async ({ bench }) => {
      const words = ['casd', 'start', '--remote', DEAD, '--on-unavailable', 'fail'];
      expect((await bench.command(...words)).exitCode).toBe(125);
    }),
  );

  test.concurrent(
    'gives no token away: what casd cannot send safely is refused',
    stage(async ({ server, bench }) => {
      const words = ['casd', 'start', '--remote', server.address, '--remote-token', 'canary-token'];
      const { stderr } = await bench.command(...words);
      expect(stderr).toContain('casd sends a token over grpcs:// only');
      const run = join(bench.cache, 'run');
      const texts = readdirSync(run, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'));
      expect(texts.join('')).not.toContain('canary-token');
    }),
  );
});

/** Longer than casd may try: who waits to its end was not told that the remote is gone. Milliseconds. */
const TOO_LONG = 15_000;
const limits = { deadline: TOO_LONG, signal: new AbortController().signal };

/** casd with the server behind one of its instances, and the server itself. */
interface Attached {
  readonly server: RealCasd;
  readonly casd: CasdConnection;
  readonly direct: CasdConnection;
  readonly instanceName: string;
}

function attached(play: (attached: Attached) => Promise<void>): () => Promise<void> {
  const connectTo = (address: string) => connectCasd({ socket: address.replace(/^unix:/, '') } as CasdState);
  return stage(async ({ server, bench }) => {
    const { stdout } = await bench.command('casd', 'start', '--remote', server.address, '--json');
    const { socket, instance: instanceName } = JSON.parse(stdout) as { socket: string; instance: string };
    const [casd, direct] = [connectTo(socket), connectTo(server.address)];
    try {
      await play({ server, casd, direct, instanceName });
    } finally {
      casd.close();
      direct.close();
    }
  });
}

let seed = 0;

async function store({ storage }: CasdConnection): Promise<Digest> {
  const data = noise(1000, ++seed);
  const digest = digestOf(data);
  const method = storage.batchUpdateBlobs.bind(storage);
  const requests = [{ digest, data, compressor: 0 as const }];
  await callUnary('Store', method, { instanceName: '', requests, digestFunction: 0 }, limits);
  return digest;
}

async function has({ storage }: CasdConnection, digest: Digest): Promise<boolean> {
  const request = { instanceName: '', blobDigests: [digest], digestFunction: 0 as const };
  const method = storage.findMissingBlobs.bind(storage);
  return (await callUnary('Find', method, request, limits)).missingBlobDigests.length === 0;
}

interface Answer {
  readonly responses: readonly { readonly status: { readonly code: number } | undefined }[];
}

/** What other tools do through casd: an upload, a fetch and a look-up, at once. Gives what went wrong with each. */
function useAll({ casd, instanceName }: Attached, up: Digest, down: Digest): Promise<number[][]> {
  const { localStorage, actionCache } = casd;
  const inline = { inlineStdout: false, inlineStderr: false, inlineOutputFiles: [] };
  const entry = { instanceName, actionDigest: up, digestFunction: 0 as const, ...inline };
  const blob = (digest: Digest) => ({ instanceName, blobDigests: [digest] });
  const upload = callUnary('Upload', localStorage.uploadMissingBlobs.bind(localStorage), blob(up), limits);
  const fetch = callUnary('Fetch', localStorage.fetchMissingBlobs.bind(localStorage), blob(down), limits);
  const lookUp = callUnary('LookUp', actionCache.getActionResult.bind(actionCache), entry, limits);
  const codes = ({ responses }: Answer): number[] =>
    responses.flatMap((response) => response.status?.code ?? []).filter((code) => code !== 0);
  const outcome = (work: Promise<number[]>) =>
    work.catch((error: unknown) => {
      if (error instanceof RpcError) return [error.code];
      throw error;
    });
  return Promise.all([upload.then(codes), fetch.then(codes), lookUp.then(() => [])].map(outcome));
}

describe('the remote through casd', () => {
  test.concurrent(
    'outlives a restart of two seconds in upload, fetch and look-up',
    attached(async (at) => {
      const [up, down] = [await store(at.casd), await store(at.direct)];
      await at.server.kill();
      const all = useAll(at, up, down);
      await new Promise((resolve) => setTimeout(resolve, 2000));
      await at.server.start();
      expect(await all).toEqual([[], [], [status.NOT_FOUND]]);
      expect([await has(at.direct, up), await has(at.casd, down)]).toEqual([true, true]);
    }),
  );

  test.concurrent(
    'is given up when it is dead',
    attached(async (at) => {
      const [up, down] = [await store(at.casd), await store(at.direct)];
      await at.server.kill();
      const gone = [status.UNAVAILABLE];
      expect(await useAll(at, up, down)).toEqual([gone, gone, gone]);
    }),
  );
});

describe('check', () => {
  test.concurrent(
    'of a good endpoint ends with 0 and leaves nothing on it',
    stage(async ({ server, bench }) => {
      const before = server.stored();
      const { exitCode, stdout } = await bench.command('check', '--remote', server.address);
      expect(exitCode).toBe(0);
      expect(stdout).toMatch(/Capabilities +yes/);
      expect(stdout).toMatch(/CAS write +yes/);
      expect(server.stored()).toEqual(before);
    }),
  );

  test.concurrent(
    'of a dead one ends with 1, and names what is wrong',
    stage(async ({ bench }) => {
      const { exitCode, stdout } = await bench.command('check', '--remote', DEAD, '--json');
      expect(exitCode).toBe(1);
      expect(JSON.parse(stdout)).toMatchObject({ version: 1, status: 'unavailable' });
      expect(stdout).toContain('nobody listens at grpc://127.0.0.1:1');
    }),
  );
});
