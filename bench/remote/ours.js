import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { Channel, credentials } from '@grpc/grpc-js';

const { signal } = new globalThis.AbortController();

/** Our own transfers over a connection that is already made. */
export async function measureOurs(load, address, corpus, folder) {
  const { uploadMissing } = await load('remote/upload.js');
  const { downloadFiles } = await load('remote/download-to-files.js');
  const { fetchTree } = await load('remote/tree.js');
  const up = await timed(load, address, corpus, (cas) => uploadMissing(cas, corpus.sources, signal));
  const down = await timed(load, address, corpus, async (cas) => {
    await fetchTree(cas, corpus.root, signal);
    const files = corpus.nodes.map(({ path, digest }) => ({ digest, path: join(folder, path), mode: 0o644 }));
    for (const parent of new Set(files.map(({ path }) => dirname(path))))
      mkdirSync(parent, { recursive: true });
    await downloadFiles(cas, files, signal);
  });
  return { up, down };
}

async function timed(load, address, corpus, work) {
  const { findMissing } = await load('remote/find-missing.js');
  const { cas, close } = await connect(load, address);
  await findMissing(cas, [corpus.root], signal);
  const started = performance.now();
  await work(cas);
  const took = performance.now() - started;
  close();
  return took;
}

async function connect(load, address) {
  const cas = 'gen/build/bazel/remote/execution/v2/remote_execution.services.js';
  const { ContentAddressableStorageClient } = await load(cas);
  const { ByteStreamClient } = await load('gen/google/bytestream/bytestream.services.js');
  const { createDelayBudget } = await load('remote/delay-budget.js');
  const { createGuard } = await load('remote/guard.js');
  const insecure = credentials.createInsecure();
  const channel = new Channel(address, insecure, {
    'grpc-node.flow_control_window': 16 * 1024 * 1024,
    'grpc.use_local_subchannel_pool': 1,
  });
  const options = { channelOverride: channel };
  return {
    cas: {
      storage: new ContentAddressableStorageClient(address, insecure, options),
      byteStream: new ByteStreamClient(address, insecure, options),
      instance: '',
      limits: { maxBatchBytes: 3_900_000, maxBlobBytes: null, zstdBatch: false, zstdStream: false },
      guard: createGuard('cas', { latencyBudget: 500, delayBudget: createDelayBudget() }),
    },
    close: () => channel.close(),
  };
}
