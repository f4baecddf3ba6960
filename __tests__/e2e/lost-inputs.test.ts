import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Bench, type Started } from './command-line.js';

/** Of a build that finds no tests, none fails. */
const SCRIPT = 'echo started; sleep 1; for t in tests/*.sh; do [ ! -e "$t" ] || sh "$t"; done';

let bench: Bench;

beforeEach(() => {
  bench = new Bench({ 'tests/fails.sh': 'exit 1\n' });
});

afterEach(async () => {
  await bench.dispose();
  expect(bench.leftovers()).toEqual([]);
});

/** The process of this bench whose program has this name and is the first to be found, as bubblewrap's outer one is. */
function processOf(program: string): number {
  const pid = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .sort((a, b) => a - b)
    .find((each) => {
      try {
        const argv = readFileSync(`/proc/${each}/cmdline`, 'utf8').split('\0');
        return argv[0]?.endsWith(program) === true && argv.some((word) => word.startsWith(bench.cache));
      } catch {
        return false;
      }
    });
  if (pid === undefined) throw new Error(`no ${program} runs`);
  return pid;
}

async function begin(staging: 'fuse' | 'copy' = 'copy'): Promise<Started> {
  const run = bench.startRun(['--cache-failures', 'true', '--staging', staging], SCRIPT);
  await run.said('started');
  return run;
}

async function expectNothingBelieved(run: Started, message: string): Promise<void> {
  const { exitCode, stdout, stderr } = await run.ended;
  expect([exitCode, stdout]).toEqual([125, 'started\n']);
  expect(stderr).toContain(message);
  const { exitCode: next, stderr: said } = await bench.run([], SCRIPT);
  expect([next, said]).toEqual([1, expect.stringContaining('failed with exit code 1')]);
}

const staged = () => {
  const staging = join(bench.cache, 'casd/cas/staging');
  return join(staging, readdirSync(staging)[0] ?? 'nothing is staged');
};

/** An ordinary user may mount, but not where /dev/fuse is root's alone. */
const describeMounted = process.getuid?.() === 0 && existsSync('/dev/fuse') ? describe : describe.skip;

describeMounted('a build whose inputs are unmounted in the middle is not believed', () => {
  test.each(['SIGTERM', 'SIGKILL'] as const)('by %s to their server', async (signal) => {
    const run = await begin('fuse');
    process.kill(processOf('buildbox-fuse'), signal);
    await expectNothingBelieved(run, 'the inputs went away during the build');
  });

  test('by somebody', async () => {
    const run = await begin('fuse');
    execFileSync('umount', ['-l', staged()]);
    await expectNothingBelieved(run, 'the inputs went away during the build');
  });
});

describe('a build whose copied inputs are removed in the middle', () => {
  test('is not believed', async () => {
    const run = await begin();
    rmSync(staged(), { recursive: true });
    await expectNothingBelieved(run, 'the inputs went away during the build');
  });
});

test('a sandbox that is killed in the middle is told as such, and not as none', async () => {
  const run = await begin();
  process.kill(processOf('bwrap'), 'SIGKILL');
  await expectNothingBelieved(run, 'the sandbox was killed during the build');
});
