import { createCipheriv } from 'node:crypto';
import { closeSync, mkdirSync, openSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { peakMemory } from '../measure.js';
import { startCasd } from './parts.js';

const SMALL_FILES = 50_000;
const SMALL_BYTES = 2048;
const FOLDERS = 500;
const GIBIBYTE = 2 ** 30;

/** What is given to the remote are inputs, and what is brought from it are outputs. */
const CASES = [
  {
    what: '50,000 blobs of 2 KB',
    up: makeSmallFiles,
    down: { fill: makeNoise, script: `mkdir out && split -b ${SMALL_BYTES} -a 4 noise out/` },
  },
  { what: 'a blob of 1 GiB', up: makeLargeFile, down: { fill: () => {}, script: 'truncate -s 1G out' } },
];

/**
 * Measures the peak memory of the command line: of a build that gives its inputs to a remote that has nothing, and of a
 * hit on a fresh cache folder that brings its outputs.
 *
 * @param nodes the Nodes to measure with: version → path
 * @returns `[{ what, version, up, down }]`, in bytes
 */
export async function measureTransferMemory(bench, nodes) {
  const measured = [];
  for (const [version, node] of nodes) {
    for (const { what, up, down } of CASES) {
      bench.progress(`memory: ${what}, Node ${version}`);
      const given = await onProject(bench, node, up, (run) => run('built', [], 'true'));
      const taken = await onProject(bench, node, down.fill, async (run) => {
        await run('built', ['--outputs', 'out'], down.script);
        return run('remote', ['--outputs', 'out'], down.script);
      });
      measured.push({ what, version, up: given, down: taken });
    }
  }
  return measured;
}

/** @param work is given what runs a command line on a fresh cache folder, and tells its peak memory */
async function onProject({ root, disk, cli, program, place }, node, fill, work) {
  const [project, cache] = ['memory-project', 'memory-cache'].map((name) => join(disk, name));
  mkdirSync(project);
  fill(project);
  const remote = await startCasd(program, join(root, 'server'));
  const far = ['--remote', `unix:${remote.socket}`, '--push', 'always', '--latency-budget', '5s'];
  try {
    return await work(async (expected, flags, script) => {
      const here = ['--cache-dir', cache, '--cache-quota', '20G', ...flags];
      const argv = [node, cli, 'run', '--json', ...here, ...far, '--', 'bash', '-c', script];
      const { bytes, stdout } = await peakMemory(argv, { ...place, directory: project });
      const { result, hitFrom, remote: found } = JSON.parse(stdout);
      if ((hitFrom ?? result) !== expected || found.status !== 'ok')
        throw new Error(`a run was to be ${expected}, and is ${result}, the remote ${found.status}`);
      rmSync(cache, { recursive: true });
      rmSync(join(project, 'out'), { recursive: true, force: true });
      return bytes;
    });
  } finally {
    await remote.stop();
    rmSync(project, { recursive: true });
  }
}

function noiseMaker() {
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16));
  return (bytes) => cipher.update(Buffer.alloc(bytes));
}

function makeSmallFiles(project) {
  const noise = noiseMaker();
  for (let i = 0; i < SMALL_FILES; i++) {
    const folder = join(project, `folder${i % FOLDERS}`);
    if (i < FOLDERS) mkdirSync(folder);
    writeFileSync(join(folder, `file${i}`), noise(SMALL_BYTES));
  }
}

function makeNoise(project) {
  writeFileSync(join(project, 'noise'), noiseMaker()(SMALL_FILES * SMALL_BYTES));
}

/** It takes no room on the disk here. */
function makeLargeFile(project) {
  const path = join(project, 'large');
  closeSync(openSync(path, 'w'));
  truncateSync(path, GIBIBYTE);
}
