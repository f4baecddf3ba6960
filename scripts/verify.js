/**
 * Everything that CI checks, in order. A step that fails does not keep the next from running; what failed is named at
 * the end. The last line is `N passed, N failed`: tests each for itself, every other step as one.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const temporary = mkdtempSync(join(tmpdir(), 'verify-'));
/** npm puts node_modules/.bin on PATH, where a Node 24 lies: the machine's own is the one that npm runs on. */
const node = process.env.npm_node_execpath ?? process.execPath;
const version = versionOf(node);
const node24 = join(root, `node_modules/node-linux-${process.arch}/bin/node`);
const tool = (name) => `node_modules/.bin/${name}`;

const STEP_DEADLINE = 25 * 60_000;
/** What differs between versions of Node most: the whole way of one run, streams, the action on its own Node, zstd. */
const E2E_ON_NODE_24 = ['run', 'action', 'outputs', 'kept-github'].map(
  (name) => `__tests__/e2e/${name}.test.ts`,
);
const UNIT_ON_NODE_24 = ['zstd/', 'packs/pack/pack-'].map((name) => `__tests__/${name}`);

const UNIT = ['--selectProjects', 'unit', '--maxWorkers', '2'];
const E2E = ['--selectProjects', 'e2e', '--maxWorkers', '2'];

/** What npm adds to PATH is no part of the machine: without it the steps see what they would in a user's shell. */
const environment = {
  ...process.env,
  PATH: (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => !/\/(node_modules\/\.bin|node-gyp-bin)$/.test(folder))
    .join(delimiter),
};

const steps = [
  check('generated code is fresh', [node, 'scripts/generate.js', '--check']),
  check('dist is fresh', [node, 'scripts/bundle.js', '--check']),
  check('the house is as it is told', [node, 'scripts/check-house.js']),
  check('documents name what is there', [node, 'scripts/check-documents.js']),
  check('eslint', [tool('eslint'), '.']),
  check('prettier', [tool('prettier'), '--check', '.']),
  check('workflows and what else GitHub reads', [node, 'scripts/check-yaml.js']),
  check('types', [tool('tsc'), '--noEmit', '--project', '.']),
  check('types of the tests', [tool('tsc'), '--noEmit', '--project', '__tests__']),
  // Before the tests: as root it brings what they need of a machine that has no bubblewrap yet.
  check('demo', [node, 'examples/demo.js']),
  tests(`unit tests on Node ${version}`, node, UNIT),
  tests(`end to end on Node ${version}`, node, E2E),
  ...otherNode(),
];

let running;
process.on('exit', () => rmSync(temporary, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    running?.kill(signal);
    process.exit(128 + constants.signals[signal]);
  });
}
const results = [];
for (const step of steps) results.push(await runStep(step));
report(results);

/** A step that passes or fails as a whole. */
function check(title, argv) {
  return {
    title,
    argv,
    count: (code) => ({ passed: code === 0 ? 1 : 0, failures: code === 0 ? [] : [title] }),
  };
}

/** A run of jest, whose tests count each for itself. Files come before the project: a project takes all that follows. */
function tests(title, program, words, files = []) {
  const results = join(temporary, `${title}.json`);
  const jest = ['--experimental-vm-modules', '--no-warnings', 'node_modules/jest/bin/jest.js'];
  const argv = [program, ...jest, ...files, '--ci', '--json', '--outputFile', results, ...words];
  return { title, argv, count: (code) => countTests(title, code, results) };
}

/** Node 24 is what runs the action; where it is our own Node already, or npm has none for this machine, there is no step. */
function otherNode() {
  const other = versionOf(node24);
  if (other === undefined || other.split('.')[0] === version.split('.')[0]) return [];
  return [
    tests(`unit tests on Node ${other}`, node24, UNIT, UNIT_ON_NODE_24),
    tests(`end to end on Node ${other}`, node24, E2E, E2E_ON_NODE_24),
  ];
}

function versionOf(program) {
  const { status, stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' });
  return status === 0 ? stdout.trim().slice(1) : undefined;
}

async function runStep({ title, argv, count }) {
  console.log(`\n== ${title}`);
  const begin = performance.now();
  const { code, why } = await run(argv);
  if (why !== undefined) console.log(why);
  const result = { title, seconds: (performance.now() - begin) / 1000, ...count(code) };
  console.log(`== ${verdict(result)}: ${title}`);
  return result;
}

function run([program, ...words]) {
  return new Promise((resolve) => {
    running = spawn(program, words, {
      cwd: root,
      env: environment,
      stdio: ['ignore', 'inherit', 'inherit'],
      timeout: STEP_DEADLINE,
    });
    running.once('error', ({ message }) => resolve({ code: null, why: message }));
    running.once('close', (code, signal) => {
      resolve({ code, why: signal === null ? undefined : `ended by ${signal}` });
    });
  });
}

/** A run of jest may fail beside its tests: a file that does not load, a setup that throws, a jest that is killed. */
function countTests(title, code, file) {
  const { numPassedTests, testResults } = readResults(file);
  const failures = testResults.flatMap(({ name, status, assertionResults }) => {
    const failed = assertionResults.filter((test) => test.status === 'failed');
    if (failed.length === 0 && status === 'failed') return [`${title}: ${name}`];
    return failed.map(({ fullName }) => `${title}: ${fullName}`);
  });
  if (code !== 0 && failures.length === 0) failures.push(`${title}: jest ended with ${code ?? 'a signal'}`);
  return { passed: numPassedTests, failures };
}

function readResults(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return { numPassedTests: 0, testResults: [] };
  }
}

function report(results) {
  console.log('');
  for (const result of results) console.log(`${verdict(result)}  ${result.title}`);
  const failures = results.flatMap(({ failures }) => failures);
  if (failures.length > 0) console.log(`\nfailed:\n${failures.map((name) => `  ${name}`).join('\n')}`);
  const passed = results.reduce((sum, result) => sum + result.passed, 0);
  console.log(`\n${passed} passed, ${failures.length} failed`);
  process.exitCode = failures.length > 0 ? 1 : 0;
}

function verdict({ seconds, failures }) {
  return `${failures.length > 0 ? 'failed' : 'passed'} in ${seconds.toFixed(1).padStart(5)} s`;
}
