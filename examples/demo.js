/**
 * `npm run demo`: builds an example in the sandbox, has it back from the cache, changes it, and undoes the change. Needs
 * Node and dist/ alone. All of it happens in a temporary folder; only BuildBox itself is kept, where every run of this
 * user keeps it.
 */
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { constants, homedir, tmpdir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const cli = join(dirname(here), 'dist/cli.js');

const C_CALCULATOR = {
  folder: 'c-calculator',
  why: 'make and a C compiler are here',
  build: ['--outputs', 'build/reckon', '--', 'make', 'check'],
  change: "echo '22/7 - 3 = 1/7' >> tests/sums.txt",
  undo: "sed -i '$d' tests/sums.txt",
};
const WORD_INDEX = {
  folder: 'word-index',
  why: 'make and a working C compiler are not both here, and it needs neither',
  build: ['--outputs', 'build/site', '--', 'sh', 'build.sh'],
  change: "echo 'A gull has the last word.' >> pages/harbour.txt",
  undo: "sed -i '$d' pages/harbour.txt",
};

/** Why the demo does not go on, and its exit code. */
class Ended extends Error {
  constructor(message, exitCode) {
    super(message);
    this.exitCode = exitCode;
  }
}

const temporary = mkdtempSync(join(tmpdir(), 'buildbox-demo-'));
const checkout = join(temporary, 'checkout');
const cache = join(temporary, 'cache');
const record = join(temporary, 'record.json');
let running;
let cancelled;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, cancel);
process.stdout.on('error', () => cancel('SIGPIPE'));
process.stderr.on('error', () => undefined);
process.exitCode = await demonstrate().catch(complain).finally(leaveNothing);

async function demonstrate() {
  const example = canBuildC() ? C_CALCULATOR : WORD_INDEX;
  cpSync(join(here, example.folder), checkout, {
    recursive: true,
    filter: (path) => path !== join(here, example.folder, 'build'),
  });
  const tools = keepTools();
  say(`The example is ${strong(`examples/${example.folder}`)}: ${example.why}.`);
  say(`buildbox-ci is node ${cli}`);
  say('Checkout and cache are temporary (flags --cache-dir and --record, not shown below).');
  if (tools !== undefined && !existsSync(join(tools, 'buildbox'))) {
    say(`The first run installs BuildBox where it is missing, once, in ${tools}.`);
  }

  const seen = [];
  const run = async (title, expected) => seen.push({ title, ...(await build(title, expected, example)) });
  heading('A first run builds, in the sandbox');
  await run('first run', 'built');
  heading(
    'The same again is a hit: nothing is built, and what the build made and printed comes from the cache',
  );
  await run('the same again', 'hit');
  heading('A changed file makes it another build');
  await shell(example.change);
  await run('a changed file', 'built');
  heading('With the change undone, the first result is the right one again');
  await shell(example.undo);
  await run('change undone', 'hit');

  heading('What it came to, with the time of the whole process');
  for (const { title, result, seconds } of seen) {
    say(`  ${title.padEnd(18)}${result.padEnd(7)}${seconds.toFixed(2).padStart(6)} s`);
  }
  return 0;
}

/** One run of the command line, on the terminal as a user sees it; its record says what came of it. */
async function build(title, expected, { build }) {
  rmSync(record, { force: true });
  command(['buildbox-ci', 'run', ...build].join(' '));
  const begin = performance.now();
  const code = await start(process.execPath, [
    cli,
    'run',
    '--cache-dir',
    cache,
    '--record',
    record,
    ...build,
  ]);
  const seconds = (performance.now() - begin) / 1000;
  if (code !== 0) throw new Ended(`buildbox-ci ended with exit code ${code}`, code);
  const { result } = JSON.parse(readFileSync(record, 'utf8'));
  if (result !== expected) throw new Ended(`this run (${title}) should be ${expected}, and was ${result}`, 1);
  return { result, seconds };
}

async function shell(script) {
  command(script);
  const code = await start('sh', ['-c', script]);
  if (code !== 0) throw new Ended(`\`${script}\` ended with exit code ${code}`, 1);
}

/** Runs a program to its end, in the copy of the example. */
async function start(program, words) {
  if (cancelled === undefined) {
    const code = await new Promise((resolve, reject) => {
      running = spawn(program, words, { cwd: checkout, stdio: ['ignore', 'inherit', 'inherit'] });
      running.once('error', reject);
      running.once('close', (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
    });
    running = undefined;
    if (cancelled === undefined) return code;
  }
  throw new Ended(`cancelled by ${cancelled}`, 128 + constants.signals[cancelled]);
}

/** buildbox-ci cleans up at the two signals that it is ended by. */
function cancel(signal) {
  cancelled ??= signal;
  running?.kill(signal === 'SIGINT' ? signal : 'SIGTERM');
}

/** Whether there is a make, and a C compiler with a library to link with: each may be there without the other. */
function canBuildC() {
  const runs = (program, words, input) =>
    spawnSync(program, words, { input, stdio: ['pipe', 'ignore', 'ignore'] }).status === 0;
  const program = '#include <stdio.h>\nint main(void) { return puts("") < 0; }\n';
  return (
    runs('make', ['--version'], '') && runs('cc', ['-x', 'c', '-', '-o', join(temporary, 'probe')], program)
  );
}

/** Has the temporary cache keep its tools where the cache of this user does; undefined where that cannot be written. */
function keepTools() {
  const { XDG_CACHE_HOME = '' } = process.env;
  const caches = isAbsolute(XDG_CACHE_HOME) ? XDG_CACHE_HOME : join(homedir(), '.cache');
  const tools = join(caches, 'buildbox-action/tools');
  mkdirSync(cache);
  try {
    mkdirSync(tools, { recursive: true });
    symlinkSync(tools, join(cache, 'tools'));
    return tools;
  } catch {
    return undefined;
  }
}

function complain(error) {
  console.error(`\nThe demo ended early: ${error instanceof Ended ? error.message : error.stack}`);
  return error.exitCode ?? 1;
}

/** Each run stops its own daemon; this is for one that could not. */
function leaveNothing() {
  spawnSync(process.execPath, [cli, 'casd', 'stop', '--cache-dir', cache], { stdio: 'ignore' });
  rmSync(temporary, { recursive: true, force: true, maxRetries: 3 });
}

function say(text) {
  console.log(text);
}

function heading(text) {
  say(`\n${strong(text)}`);
}

function command(text) {
  say(`$ ${text}`);
}

function strong(text) {
  return process.stdout.isTTY && !process.env.NO_COLOR ? `\x1b[1m${text}\x1b[22m` : text;
}
