import { credentials, type requestCallback } from '@grpc/grpc-js';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type CasdConnection, connectCasd } from '../../src/casd/connection.js';
import type { CasdState } from '../../src/casd/state.js';
import { PushClient } from '../../src/gen/build/bazel/remote/asset/v1/remote_asset.services.js';
import { ActionResult } from '../../src/gen/build/bazel/remote/execution/v2/remote_execution.js';
import { digestOf, type Digest } from '../../src/reapi/digest.js';
import { callClientStream, callUnary } from '../../src/rpc/call.js';
import { noise } from '../remote/connected.js';
import { RealCasd } from '../remote/real-casd.js';
import { Bench } from './command-line.js';

const limits = { deadline: 15_000, signal: new AbortController().signal };
const digestFunction = 0 as const;

let server: RealCasd;
let bench: Bench;

beforeEach(async () => {
  [server, bench] = [new RealCasd(), new Bench()];
  await server.start();
});
afterEach(async () => {
  await bench.dispose();
  await server.stop();
  expect(bench.leftovers()).toEqual([]);
});

/** What a tool of a later step may try, with blobs that nobody has yet. The outcome is of no interest, only the effect. */
async function writeEverything(casd: CasdConnection, instanceName: string): Promise<void> {
  let seed = 0;
  const blob = () => noise(1000, ++seed);
  const tell = (work: Promise<unknown>) => work.catch(() => undefined);
  const put = async (instance: string): Promise<Digest> => {
    const data = blob();
    const digest = digestOf(data);
    const requests = [{ digest, data, compressor: 0 as const }];
    const method = casd.storage.batchUpdateBlobs.bind(casd.storage);
    await tell(callUnary('Batch', method, { instanceName: instance, requests, digestFunction }, limits));
    return digest;
  };
  await put(instanceName);
  const local = await put('');
  const { localStorage, actionCache, byteStream } = casd;
  const upload = localStorage.uploadMissingBlobs.bind(localStorage);
  await tell(callUnary('Upload', upload, { instanceName, blobDigests: [local] }, limits));
  const update = actionCache.updateActionResult.bind(actionCache);
  const entry = { instanceName, actionDigest: local, resultsCachePolicy: undefined, digestFunction };
  const actionResult = ActionResult.create({ stdoutDigest: local });
  await tell(callUnary('Update', update, { ...entry, actionResult }, limits));
  const data = blob();
  const { hash, sizeBytes } = digestOf(data);
  const resourceName = `${instanceName}/uploads/12345678-1234-4123-8123-123456789012/blobs/${hash}/${sizeBytes}`;
  const write = byteStream.write.bind(byteStream);
  await tell(
    callClientStream('Write', write, [{ resourceName, writeOffset: 0, finishWrite: true, data }], limits),
  );
  const push = new PushClient(casd.address, credentials.createInsecure());
  const request = {
    instanceName,
    uris: ['https://example.com/asset'],
    qualifiers: [],
    expireAt: undefined,
    blobDigest: local,
    referencesBlobs: [],
    referencesDirectories: [],
    digestFunction,
  };
  await new Promise((done) => push.pushBlob(request, done as requestCallback<unknown>));
  push.close();
}

async function attach(...flags: readonly string[]) {
  const remote = ['--remote', server.address, '--remote-asset', server.address];
  const { stdout, stderr } = await bench.command('casd', 'start', ...remote, ...flags, '--json');
  const { socket, instance } = JSON.parse(stdout) as { socket: string; instance: string };
  return { casd: connectCasd({ socket: socket.replace(/^unix:/, '') } as CasdState), instance, stderr };
}

/** Files without their folders, and without the empty blob, which every casd has. */
const stored = () =>
  server.stored().filter((path) => /objects\/..\/./.test(path) && !path.includes('e3/b0c44298fc1c'));
const kinds = () => [...new Set(stored().map((path) => path.split('/')[0] ?? ''))].sort();

test('a run that may not push gives the tools of later steps no way to write to the remote', async () => {
  const { casd, instance, stderr } = await attach('--push', 'never');
  await writeEverything(casd, instance);
  casd.close();
  expect(stored()).toEqual([]);
  expect(stderr).toMatch(
    /warning: Remote Asset of the remote is not attached to casd: this run may not write/,
  );
});

test('one that may gives them all of it', async () => {
  const { casd, instance, stderr } = await attach('--push', 'always');
  expect(stderr).toBe('');
  await writeEverything(casd, instance);
  casd.close();
  expect(kinds()).toEqual(['actioncache', 'assets', 'cas']);
});
