import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { promisify } from 'node:util';
import { credentials } from '@grpc/grpc-js';
import { startCasd } from './parts.js';

/**
 * casd's own transfers through a dynamic remote: UploadTree of what it has captured, and FetchTree to an empty one.
 *
 * @returns `up` and `down`: each takes a port and a corpus, and tells the milliseconds that it took
 */
export function casdTransfers({ load, program, root }) {
  let rootDigest;
  const folder = join(root, 'casd');
  const up = (port, corpus) =>
    withCasd({ load, program, folder }, port, async ({ local, instanceName }) => {
      rootDigest = await capture(local, corpus.folder);
      return timed(() => local('uploadTree', { instanceName, rootDigest }));
    });
  const down = (port) =>
    withCasd({ load, program, folder }, port, ({ local, instanceName }) =>
      timed(() => local('fetchTree', { instanceName, rootDigest, fetchFileBlobs: true })),
    );
  return { up, down };
}

async function withCasd({ load, program, folder }, port, work) {
  const { LocalContentAddressableStorageClient } = await load('gen/build/buildgrid/local_cas.services.js');
  const messages = await load('gen/build/buildgrid/local_cas.js');
  const casd = await startCasd(program, folder);
  const client = new LocalContentAddressableStorageClient(
    `unix:${casd.socket}`,
    credentials.createInsecure(),
  );
  const local = (method, request) => {
    const name = `${method[0].toUpperCase()}${method.slice(1)}Request`;
    return promisify(client[method].bind(client))(messages[name].fromPartial(request));
  };
  try {
    const remote = { contentAddressableStorage: { url: `http://127.0.0.1:${port}` } };
    const { instanceName } = await local('getInstanceNameForRemotes', remote);
    return await work({ local, instanceName });
  } finally {
    client.close();
    await casd.stop();
  }
}

async function capture(local, path) {
  const { responses } = await local('captureTree', { path: [path], outputDirectoryFormat: 1 });
  const [{ rootDirectoryDigest, status }] = responses;
  if (rootDirectoryDigest === undefined) throw new Error(`casd did not capture ${path}: ${status?.message}`);
  return rootDirectoryDigest;
}

async function timed(work) {
  const started = performance.now();
  await work();
  return performance.now() - started;
}
