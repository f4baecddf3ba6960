import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Bench } from './command-line.js';
import { canMount, mountDisk, testOnDisk, unmountDisk } from './memory-disk.js';

let bench: Bench;

beforeEach(() => {
  bench = new Bench({ 'in.txt': 'x' });
});

afterEach(() => bench.dispose());

const megabytes = (count: number) => `head -c ${count}000000 /dev/urandom`;

describe('a small disk', () => {
  const disk = () => join(bench.root, 'disk');

  afterEach(async () => {
    if (!canMount) return;
    await bench.start('casd', 'stop', '--cache-dir', join(disk(), 'cache')).ended;
    unmountDisk(disk());
  });

  testOnDisk('gets a smaller quota with one warning, and builds', async () => {
    mountDisk(disk(), '1G');
    const flags = ['--cache-dir', join(disk(), 'cache'), '--outputs', 'out'];
    const built = await bench.record(flags, `${megabytes(20)} > out`);
    expect([built.exitCode, built.record.result]).toEqual([0, 'built']);
    expect(built.stderr.match(/warning/g)).toHaveLength(1);
    expect(built.stderr).toContain(
      `the disk at ${disk()} has 1.07 GB free: the cache may use 805 MB, less than`,
    );
    expect(built.stderr).toContain('`cache-quota` of 4 GB');
    expect(Math.round(built.record.cache.quota / 1e6)).toBe(805);
    expect((await bench.record(flags, `${megabytes(20)} > out`)).record.result).toBe('hit');
  });

  testOnDisk('says nothing where the quota fits it', async () => {
    mountDisk(disk(), '1G');
    const flags = ['--cache-dir', join(disk(), 'cache'), '--cache-quota', '500M'];
    const built = await bench.record(flags, 'true');
    expect([built.exitCode, built.stderr.includes('warning')]).toEqual([0, false]);
    expect(built.record.cache.quota).toBeLessThanOrEqual(500_000_000);
    expect(built.record.cache.quota).toBeGreaterThan(499_000_000);
  });
});

describe('a quota that is too small for the build', () => {
  test.each([
    ['for one output', `${megabytes(10)} > out`, /`cache-quota` is 6 MB.*one file alone has 10 MB/],
    [
      'for all outputs',
      `mkdir out; for i in 1 2 3; do ${megabytes(3)} > out/$i; done`,
      /`cache-quota` is 6 MB.*its outputs need room/,
    ],
  ])('%s', async (_, script, message) => {
    const { exitCode, stderr } = await bench.run(['--cache-quota', '6M', '--outputs', 'out'], script);
    expect(exitCode).toBe(125);
    expect(stderr).toMatch(message);
    expect(stderr.match(/the local cache is full/g)).toHaveLength(1);
    expect(stderr).toMatch(/Raise `cache-quota`/);
    expect(stderr).not.toMatch(/bug|run the build again/);
    const enough = await bench.run(['--cache-quota', '60M', '--outputs', 'out'], script);
    expect(enough.exitCode).toBe(0);
  });

  test('for the inputs', async () => {
    for (let i = 0; i < 8; i++) bench.write(`input${i}`, String(i).repeat(2_000_000));
    const { exitCode, stderr } = await bench.run(['--cache-quota', '6M'], 'wc -c input*');
    expect(exitCode).toBe(125);
    expect(stderr).toMatch(/`cache-quota` is 6 MB.*its inputs have 16 MB/);
  });
});
