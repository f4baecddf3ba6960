/**
 * One transfer of ours, in a process of its own as in a run of the product, over a connection that is already made.
 *
 * Usage: fork it with COMPILED PORT up MANIFEST FOLDER, or COMPILED PORT down MANIFEST FOLDER_TO_MAKE; it sends the
 * milliseconds that the transfer took.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { pathToFileURL } from 'node:url';

const [compiled, port, way, manifest, folder] = process.argv.slice(2);
const load = (path) => import(pathToFileURL(join(compiled, path)).href);
const { readRemote } = await load('config/remote.js');
const { digestOf } = await load('reapi/digest.js');
const { merkleTree } = await load('reapi/merkle.js');
const { blobInFile, blobInMemory } = await load('cas/blob-source.js');
const { readCapabilities } = await load('remote/check/capabilities.js');
const { connectRemote } = await load('remote/connect.js');
const { createDelayBudget } = await load('remote/guard/delay-budget.js');
const { FileSink } = await load('cas/file-sink.js');
const { download } = await load('remote/transfer/download.js');
const { createGuard } = await load('remote/guard/guard.js');
const { fetchTree } = await load('remote/transfer/tree.js');
const { uploadMissing } = await load('remote/transfer/upload.js');

const { signal } = new globalThis.AbortController();
const { nodes } = JSON.parse(readFileSync(manifest, 'utf8'));
const tree = merkleTree(nodes);

async function up(cas) {
  const sources = [
    ...nodes.map(({ path, digest }) => blobInFile(digest, join(folder, path))),
    ...[...tree.directories.values()].map((blob) => blobInMemory(digestOf(blob), blob)),
  ];
  return timed(async () => {
    const { refused } = await uploadMissing(cas, sources, signal);
    if (refused.length > 0) throw new Error(refused[0].reason);
  });
}

async function down(cas) {
  return timed(async () => {
    const { files } = await fetchTree(cas, tree.root, signal);
    if (files.length !== nodes.length) throw new Error(`the tree has ${files.length} files`);
    const wanted = nodes.map(({ path, digest }) => ({ digest, path: join(folder, path), mode: 0o644 }));
    for (const parent of new Set(wanted.map(({ path }) => dirname(path))))
      mkdirSync(parent, { recursive: true });
    const sink = new FileSink(wanted);
    await download(cas, sink.digests, sink, signal);
  });
}

async function timed(work) {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

const given = { remote: `grpc://127.0.0.1:${port}`, 'on-unavailable': 'fail', 'latency-budget': '500ms' };
const settings = readRemote((name) => given[name] ?? '', { workspace: folder });
const machine = { builder: 'bench', environment: process.env };
const remote = connectRemote(settings, machine, { mask: () => undefined });
const { limits } = await readCapabilities(remote.cas, { signal, deadline: 10_000 });
const guard = createGuard('cas', { latencyBudget: 500, delayBudget: createDelayBudget() });
const took = await { up, down }[way]({ ...remote.cas, limits, guard });
remote.close();
const { user, system } = process.cpuUsage();
process.send({ took, processor: (user + system) / 1000 });
process.disconnect();
