/**
 * Measures the bundled command line as whole processes and prints a table; README.md tells what each line means.
 *
 * Usage: node bench/run.js [--node PATH] [--cli PATH] [--runs N] [--warm-ups N]
 *
 * Exits with 0, whatever the numbers are; with 1 when something could not be measured.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Product } from './product.js';
import { makeProject } from './projects.js';
import { report } from './report.js';
import { measurements, measureMemory, playRounds, prepareCaches } from './rounds.js';

const SMALL_FILES = 20;
const LARGE_FILES = 1000;

const { values: options } = parseArgs({
  options: {
    node: { type: 'string', default: process.execPath },
    cli: { type: 'string', default: fileURLToPath(new URL('../dist/cli.js', import.meta.url)) },
    runs: { type: 'string', default: '15' },
    'warm-ups': { type: 'string', default: '2' },
  },
});

const stop = new globalThis.AbortController();
for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => stop.abort(new Error(`ended by ${name}`)));

const root = realpathSync(mkdtempSync(join(tmpdir(), 'buildbox-bench-')));
const bench = setUp(root, stop.signal);
try {
  process.stderr.write(`measuring ${bench.cli} with ${bench.node}, this takes a minute or two\n`);
  await prepareCaches(bench);
  const rounds = { warmUps: Number(options['warm-ups']), runs: Number(options.runs), signal: stop.signal };
  const samples = await playRounds(measurements(bench), rounds);
  console.log(
    report(samples, await measureMemory(bench), { ...rounds, machine: describeMachine(bench.node) }),
  );
} catch (error) {
  console.error(`not measured: ${error.message}`);
  process.exitCode = 1;
} finally {
  for (const product of [bench.kept, bench.alone]) product.stopDaemon();
  rmSync(root, { recursive: true, force: true });
}

/** Two projects and two cache folders: one whose daemon is kept running, one where each run starts its own. */
function setUp(root, signal) {
  const node = resolve(options.node);
  const cli = resolve(options.cli);
  const files = join(root, 'printed');
  mkdirSync(files);
  const place = { environment: environmentIn(root), files, signal, directory: root };
  return {
    node,
    cli,
    place,
    kept: new Product(node, cli, join(root, 'kept'), place),
    alone: new Product(node, cli, join(root, 'alone'), place),
    small: makeProject(join(root, 'small'), SMALL_FILES),
    large: makeProject(join(root, 'large'), LARGE_FILES),
    changing: makeProject(join(root, 'changing'), LARGE_FILES),
    files: LARGE_FILES,
    hasBwrap: isOnPath('bwrap'),
  };
}

/** The tools that npm puts on PATH for its scripts would be taken for tools of the build. */
function environmentIn(root) {
  const path = process.env.PATH.split(':').filter(
    (folder) => !/node_modules\/\.bin$|node-gyp-bin$/.test(folder),
  );
  return {
    PATH: path.join(':'),
    HOME: process.env.HOME,
    XDG_CACHE_HOME: join(root, 'user-cache'),
    RUNNER_TOOL_CACHE: process.env.RUNNER_TOOL_CACHE ?? join(tmpdir(), 'buildbox-action-test-tools'),
  };
}

function isOnPath(program) {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function describeMachine(node) {
  const version = execFileSync(node, ['--version']).toString().trim();
  const memory = Math.round(totalmem() / 1e9);
  return `Node ${version}, ${availableParallelism()} cores (${cpus()[0]?.model ?? 'unknown'}), ${memory} GB`;
}
