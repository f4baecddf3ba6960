/**
 * Builds and faults at random, on one cache folder, one kept folder and one remote, for as long as you like; README.md
 * tells what must hold.
 *
 * Usage: node bench/soak.js [--minutes N] [--seed N] [--stories N] [--rounds N] [--cli PATH] [--node PATH] [--trace]
 *
 * Story number n of a soak has the seed SEED + n; `--seed` with `--stories 1` plays one again. Exits with 0 when all
 * was right, and with 1 when not.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { installedCasd } from './remote/parts.js';
import { playStory, rememberToolchain } from './soak/story.js';
import { Tally } from './soak/tally.js';

const { values: options } = parseArgs({
  options: {
    minutes: { type: 'string', default: '20' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    stories: { type: 'string', default: 'Infinity' },
    rounds: { type: 'string', default: '8' },
    cli: { type: 'string', default: fileURLToPath(new URL('../dist/cli.js', import.meta.url)) },
    node: { type: 'string', default: process.execPath },
    trace: { type: 'boolean', default: false },
  },
});

const stop = new globalThis.AbortController();
for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => stop.abort());

const seed = Number(options.seed);
const until = Date.now() + Number(options.minutes) * 60_000;
const settings = {
  node: resolve(options.node),
  cli: resolve(options.cli),
  tools: process.env.RUNNER_TOOL_CACHE ?? join(tmpdir(), 'buildbox-action-test-tools'),
  casd: installedCasd(),
  parent: tmpdir(),
  rounds: Number(options.rounds),
  until,
  signal: stop.signal,
  trace: options.trace ? (text) => process.stderr.write(`${text}\n`) : () => undefined,
};

const own = mkdtempSync(join(tmpdir(), 'buildbox-soak-memory-'));
const tally = new Tally();
try {
  settings.memory = await rememberToolchain(settings, join(own, 'memory'));

  for (let number = 0; number < Number(options.stories); number++) {
    if (Date.now() > until || stop.signal.aborted) break;
    process.stderr.write(`seed ${seed + number}: `);
    const before = tally.violations.length;
    await playStory(seed + number, settings, tally);
    const found = tally.violations.slice(before).map(({ what }) => what);
    process.stderr.write(`${found.length === 0 ? 'right' : found.join(', ')}\n`);
  }
} finally {
  rmSync(own, { recursive: true, force: true });
}
console.log(tally.report());
process.exitCode = tally.violations.length === 0 ? 0 : 1;
