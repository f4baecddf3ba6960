import { spawnSync } from 'node:child_process';
import { closeSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Bench } from './command-line.js';
import { mountDisk, testOnDisk, unmountDisk } from './memory-disk.js';

let bench: Bench;

beforeEach(() => {
  bench = new Bench({ 'in.txt': 'x' });
});

afterEach(async () => {
  await bench.dispose();
  expect(bench.leftovers()).toEqual([]);
});

const FLAGS = ['--cache-failures', 'true'];

describe('with `cache-failures`, a failure that the machine may have made is not remembered', () => {
  test.each([
    ['a full device', 'echo x > /dev/full || exit 3', 3, 'its output says "No space left on device"'],
    ['a signal from outside', 'kill -KILL $$', 137, 'the build was ended by signal 9'],
    ['a killed child', 'sh -c "kill -KILL \\$\\$" || exit 4', 4, 'its output says "Killed"'],
  ])('%s', async (_, script, code, cause) => {
    for (let i = 0; i < 2; i++) {
      const { exitCode, stderr, record } = await bench.record(FLAGS, script);
      expect([exitCode, record.hitFrom]).toEqual([code, null]);
      expect(stderr).toContain(`this failure is not remembered: ${cause}`);
    }
  });

  test('nor one with the network on, which is no part of the action', async () => {
    const flags = [...FLAGS, '--network', 'on'];
    expect((await bench.record(flags, 'exit 3')).record.hitFrom).toBeNull();
    expect((await bench.record(flags, 'exit 3')).record.hitFrom).toBeNull();
  });

  // It says nothing of what failed it.
  testOnDisk('a disk that is full for a moment in the middle', async () => {
    mountDisk(bench.cache, '200m');
    try {
      // It writes until it cannot.
      const script =
        'echo started; for i in $(seq 30); do head -c 1M /dev/zero > big 2>/dev/null || { echo failed; sleep 3; exit 3; }; rm big; sleep 0.1; done';
      const run = bench.startRun(FLAGS, script);
      await run.said('started');
      const others = join(bench.cache, 'others');
      const file = openSync(others, 'w');
      spawnSync('head', ['-c', '300M', '/dev/zero'], { stdio: ['ignore', file, 'ignore'] });
      closeSync(file);
      await run.said('failed');
      await sleep(1000); // What looks at the disk has its turns.
      rmSync(others);
      const { exitCode, stderr } = await run.ended;
      expect(exitCode).toBe(3);
      expect(stderr).toContain(`the disk at ${bench.cache} was full while it ran`);
      expect((await bench.run(FLAGS, script)).exitCode).toBe(0);
    } finally {
      await bench.command('casd', 'stop');
      unmountDisk(bench.cache);
    }
  });
});

test('one that is the build’s own is', async () => {
  for (const [script, code] of [['exit 3', 3] as const, ['kill -SEGV $$', 139] as const]) {
    expect((await bench.record(FLAGS, script)).record.hitFrom).toBeNull();
    expect(await bench.record(FLAGS, script)).toMatchObject({ exitCode: code, record: { hitFrom: 'local' } });
  }
});
