/**
 * Measures what staging costs: a command as it is, and the same as a build with its inputs mounted, copied, and as the
 * product chooses; README.md tells what each line means.
 *
 * Usage: node bench/staging.js [--only NAME,…] [--rounds N] [--node PATH] [--cli PATH] [--folder PATH]
 *
 * Exits with 0, whatever the numbers are; with 1 when something could not be measured.
 */
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Product } from './product.js';
import { CASES } from './staging/cases.js';
import { HEAD, rowsOf } from './staging/rows.js';
import { StagedRuns } from './staging/staged-runs.js';
import { renderTable } from './table.js';

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: Object.keys(CASES).join(',') },
    rounds: { type: 'string', default: '3' },
    node: { type: 'string', default: process.execPath },
    cli: { type: 'string', default: fileURLToPath(new URL('../dist/cli.js', import.meta.url)) },
    folder: { type: 'string', default: tmpdir() },
  },
});

const stop = new globalThis.AbortController();
for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => stop.abort(new Error(`ended by ${name}`)));

const root = realpathSync(mkdtempSync(join(options.folder, 'buildbox-bench-')));
const place = { environment: environmentIn(root), files: join(root, 'printed'), signal: stop.signal };
mkdirSync(place.files);
const product = new Product(resolve(options.node), resolve(options.cli), join(root, 'cache'), place);
try {
  await product.startDaemon();
  const runs = new StagedRuns(product, place);
  const rows = [];
  for (const name of options.only.split(',')) {
    if (CASES[name] === undefined) throw new Error(`no such case: ${name}`);
    process.stderr.write(`measuring ${name}\n`);
    rows.push(...rowsOf(name, await runs.play(CASES[name], join(root, name), Number(options.rounds))));
  }
  const machine = `${availableParallelism()} cores (${cpus()[0]?.model ?? 'unknown'}), load ${loadavg()[0].toFixed(0)}`;
  console.log(`\n${machine}; medians of ${options.rounds} rounds\n\n${renderTable(rows, HEAD)}\n`);
} catch (error) {
  console.error(`not measured: ${error.message}`);
  process.exitCode = 1;
} finally {
  product.stopDaemon();
  rmSync(root, { recursive: true, force: true });
}

/** The tools that npm puts on PATH for its scripts would be taken for tools of the build. */
function environmentIn(folder) {
  const path = process.env.PATH.split(':').filter((each) => !/node_modules\/\.bin$|node-gyp-bin$/.test(each));
  return {
    PATH: path.join(':'),
    HOME: process.env.HOME,
    XDG_CACHE_HOME: join(folder, 'user-cache'),
    RUNNER_TOOL_CACHE: process.env.RUNNER_TOOL_CACHE ?? join(tmpdir(), 'buildbox-action-test-tools'),
  };
}
