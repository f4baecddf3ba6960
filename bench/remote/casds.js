import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { promisify } from 'node:util';
import { credentials } from '@grpc/grpc-js';
import { startCasd } from './parts.js';

/** casd's UploadTree and FetchTree of the same, through a dynamic remote; the blobs lie in casd, or end there. */
export async function measureCasds(load, program, address, corpus, folder) {
  const up = await withCasd(
    load,
    program,
    address,
    join(folder, 'up'),
    async ({ local, socket, instanceName }) => {
      await fill(load, socket, corpus);
      return timed(() => local('uploadTree', { instanceName, rootDigest: corpus.root }));
    },
  );
  const down = await withCasd(load, program, address, join(folder, 'down'), ({ local, instanceName }) =>
    timed(() => local('fetchTree', { instanceName, rootDigest: corpus.root, fetchFileBlobs: true })),
  );
  return { up, down };
}

async function withCasd(load, program, address, folder, work) {
  const { LocalContentAddressableStorageClient } = await load('gen/build/buildgrid/local_cas.services.js');
  const { GetInstanceNameForRemotesRequest } = await load('gen/build/buildgrid/local_cas.js');
  const casd = await startCasd(program, folder);
  const client = new LocalContentAddressableStorageClient(
    `unix:${casd.socket}`,
    credentials.createInsecure(),
  );
  const local = (method, request) => promisify(client[method].bind(client))(request);
  try {
    const remote = { contentAddressableStorage: { url: `http://${address}` } };
    const { instanceName } = await local(
      'getInstanceNameForRemotes',
      GetInstanceNameForRemotesRequest.fromPartial(remote),
    );
    return await work({ local, instanceName, socket: casd.socket });
  } finally {
    client.close();
    await casd.stop();
  }
}

async function fill(load, socket, corpus) {
  const { storeBlobs } = await load('casd/store.js');
  const { connectCasd } = await load('casd/connection.js');
  const casd = connectCasd({ socket });
  await storeBlobs(casd, corpus.everything, new globalThis.AbortController().signal);
  casd.close();
}

async function timed(work) {
  const started = performance.now();
  await work();
  return performance.now() - started;
}
