import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Bench, type Ended, type Started } from './command-line.js';

let bench: Bench;

beforeEach(async () => {
  bench = new Bench({ 'in.txt': 'x' });
  await bench.run([], 'echo first');
});
afterEach(async () => {
  await bench.dispose();
  expect(bench.leftovers()).toEqual([]);
});

const objects = () => join(bench.cache, 'casd/cas/objects');
const usageFile = () => join(bench.cache, 'casd/cas/disk_usage');

interface Status {
  readonly pid: number;
  readonly cache: { readonly size: number };
}

async function started(): Promise<Status> {
  await bench.command('casd', 'start');
  return JSON.parse((await bench.command('casd', 'status', '--json')).stdout) as Status;
}

function heldBytes(): number {
  const files = readdirSync(objects(), { recursive: true, withFileTypes: true }).filter((file) =>
    file.isFile(),
  );
  return files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
}

/** Ends a run that does not end by itself. */
async function within(seconds: number, { child, ended }: Started): Promise<Ended> {
  const timer = setTimeout(() => child.kill('SIGKILL'), seconds * 1000);
  try {
    return await ended;
  } finally {
    clearTimeout(timer);
  }
}

describe('a daemon', () => {
  test.each(['99999999999', '4000000001', '0', '-5', 'garbage', ''])(
    'does not begin with a count of %j that it has not ended with',
    async (count) => {
      writeFileSync(usageFile(), count);
      const { exitCode } = await within(40, bench.startRun(['--salt', '2'], 'cat in.txt'));
      expect(exitCode).toBe(0);
      expect((await started()).cache.size).toBe(heldBytes());
    },
  );

  test('does not count what was removed while none ran', async () => {
    await bench.run(['--salt', 'more', '--outputs', 'out'], 'head -c 5000000 /dev/zero > out');
    expect(heldBytes()).toBeGreaterThan(5_000_000);
    for (const fan of readdirSync(objects())) rmSync(join(objects(), fan), { recursive: true });
    expect((await started()).cache.size).toBe(0);
  });
});

/** A BuildBox whose casd finds a wrong count however it is started. */
function miscounting(): string {
  const versions = join(process.env.TEST_TOOL_CACHE ?? '', 'buildbox-action/buildbox');
  const [bin = ''] = readdirSync(versions, { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('/bin'),
  );
  for (const name of readdirSync(join(versions, bin))) {
    const program = join(versions, bin, name);
    const count =
      name === 'buildbox-casd'
        ? 'for storage; do :; done\nmkdir -p "$storage/cas"\nprintf 99999999999 > "$storage/cas/disk_usage"\n'
        : '';
    bench.write(`../bin/${name}`, `#!/bin/sh\n${count}exec ${program} "$@"\n`, 0o755);
  }
  return join(bench.root, 'bin');
}

test('a daemon that waits for space for ever is noticed, and the run says what to do', async () => {
  bench.environment = { PATH: [miscounting(), process.env.PATH].join(delimiter) };
  const { exitCode, stderr } = await within(
    60,
    bench.startRun(['--salt', '2', '--buildbox-source', 'path'], 'cat in.txt'),
  );
  expect([exitCode, stderr]).toEqual([
    125,
    expect.stringMatching(/the local cache is full: .* waits for space/),
  ]);
  expect(stderr).toMatch(/Raise `cache-quota`/);
  bench.environment = {};
  expect((await within(40, bench.startRun(['--salt', '2'], 'cat in.txt'))).stdout).toBe('x');
});

test('a daemon that is stopped in mid-build is noticed', async () => {
  const { pid } = await started();
  const run = bench.startRun(['--salt', '2'], 'echo started; sleep 3; cat in.txt');
  await run.said('started');
  process.kill(pid, 'SIGSTOP');
  const { exitCode, stderr } = await within(60, run);
  expect([exitCode, stderr]).toEqual([
    125,
    expect.stringMatching(/casd \(process \d+\) does not answer any more/),
  ]);
  expect((await within(60, bench.startRun(['--salt', '2'], 'cat in.txt'))).stdout).toBe('x');
});
