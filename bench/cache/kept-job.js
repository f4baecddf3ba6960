/**
 * A job of ours: saves a result and its blobs from a folder laid out like casd's, or brings all blobs of a result
 * into a folder. It times what post and main do for it, from opening GitHub's cache to closing it.
 *
 * Usage: node kept-job.js REQUEST, a JSON file; the last line that it prints is JSON.
 */
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { pathToFileURL } from 'node:url';

const request = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const load = (path) => import(pathToFileURL(join(request.compiled, path)).href);
const { openScratch } = await load('packs/scratch.js');
const { cacheKeys } = await load('packs/index/keys.js');
const { githubTransport } = await load('packs/transport/github/github-transport.js');
const ways = {
  save: await prepareSave(request),
  restore: await prepareRestore(request),
};

const signal = globalThis.AbortSignal.timeout(120_000);
const started = performance.now();
const scratch = await openScratch(request.scratch);
const transport = githubTransport({
  program: request.program,
  node: process.execPath,
  machine: {
    workspace: request.scratch,
    home: process.env.HOME ?? '/',
    path: process.env.PATH.split(':'),
    environment: process.env,
  },
  folder: scratch.path,
});
const outcome = await ways[request.do]({ transport, keys: cacheKeys(request.key), scratch: scratch.path });
const helpers = helpersMemory();
await transport.close();
await scratch[Symbol.asyncDispose]();
const milliseconds = performance.now() - started;
console.log(`\n${JSON.stringify({ milliseconds, helpers, ...outcome })}`);

async function prepareSave({ root, ref, action, digests, limits, now }) {
  const { blobInFile } = await load('cas/blob-source.js');
  const { saveResults } = await load('packs/save-results.js');
  const { REWRITE_BYTES } = await load('packs/tidy/tidy-index.js');
  const { objectPath } = await load('local/layout.js');
  return async (place) => {
    const { sent, moved, results, kept } = await saveResults(
      {
        place,
        scope: { ref, event: null, tier: 'trusted' },
        readable: [{ ref, event: null }],
        fresh: [{ digest: action, result: Buffer.alloc(200, 1), blobs: digests }],
        used: [],
        lost: [],
        inputOf: (digest) => blobInFile(digest, join(root, objectPath(digest))),
        limits: { rewriteBytes: REWRITE_BYTES, ...limits },
        now,
      },
      signal,
    );
    if (results !== 1) throw new Error('the result was not saved');
    return { sent, moved, kept };
  };
}

async function prepareRestore({ root, ref, action }) {
  const { PackCache } = await load('packs/pack-cache.js');
  const { FileSink } = await load('cas/file-sink.js');
  return async (place) => {
    const lost = [];
    const cache = new PackCache(
      place,
      [{ ref, event: null }],
      () => true,
      async (id) => void lost.push(id),
      signal,
    );
    const { blobs } = await cache.find(action.hash, signal);
    mkdirSync(root, { recursive: true });
    const sink = new FileSink(
      blobs.map((digest) => ({ digest, path: join(root, digest.hash), mode: 0o600 })),
    );
    await cache.read(sink.digests, sink, signal);
    return { blobs: blobs.length, lost: lost.length };
  };
}

/** The most memory that each of the helper processes held, in bytes and in sum. */
function helpersMemory() {
  const children = readdirSync('/proc/self/task').flatMap((task) =>
    readFileSync(`/proc/self/task/${task}/children`, 'utf8').split(' ').filter(Boolean),
  );
  const peaks = children.map((pid) =>
    /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')),
  );
  return peaks.reduce((sum, peak) => sum + Number(peak?.[1] ?? 0) * 1024, 0);
}
