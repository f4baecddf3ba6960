import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Bench } from './command-line.js';

let bench: Bench;

beforeEach(() => {
  bench = new Bench({ 'in.txt': 'x', 'out/kept': 'old' });
});

afterEach(() => bench.dispose());

function expectNothingLeft(): void {
  expect(bench.leftovers()).toEqual([]);
  expect(bench.list()).toEqual(['in.txt', 'out']);
  expect(bench.list('out')).toEqual(['kept']);
  expect(bench.read('out/kept')).toBe('old');
  const run = join(bench.cache, 'run');
  const lasting = ['casd.log', 'counted.json', 'leases', 'work'];
  expect(readdirSync(run).filter((name) => !lasting.includes(name))).toEqual([]);
  expect(readdirSync(join(run, 'work'))).toEqual([]);
  expect(readdirSync(join(run, 'leases'))).toEqual([]);
}

describe('a cancel during the build', () => {
  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('by %s ends with %d and leaves nothing', async (signal, code) => {
    const run = bench.startRun(
      ['--outputs', 'out'],
      'mkdir -p out; echo started; echo new > out/new; sleep 300 & wait',
    );
    await run.said('started');
    run.child.kill(signal);
    const { exitCode, stderr } = await run.ended;
    expect(exitCode).toBe(code);
    expect(stderr).toContain('cancelled');
    expectNothingLeft();
  });

  test('of a build that ignores signals works too', async () => {
    const run = bench.startRun(
      ['--outputs', 'out'],
      'trap "" INT TERM HUP; echo started; while :; do sleep 1; done',
    );
    await run.said('started');
    run.child.kill('SIGINT');
    expect((await run.ended).exitCode).toBe(130);
    expectNothingLeft();
  });

  test('with several signals ends as with one', async () => {
    const run = bench.startRun(['--outputs', 'out'], 'echo started; sleep 300');
    await run.said('started');
    run.child.kill('SIGINT');
    run.child.kill('SIGINT');
    run.child.kill('SIGTERM');
    expect([130, 143]).toContain((await run.ended).exitCode); // Which of two at once comes first is the kernel's choice.
    expectNothingLeft();
  });

  test('leaves a daemon that others use running', async () => {
    await bench.command('casd', 'start');
    const run = bench.startRun([], 'echo started; sleep 300');
    await run.said('started');
    run.child.kill('SIGINT');
    await run.ended;
    expect((await bench.command('casd', 'status')).exitCode).toBe(0);
  });
});

describe('a cancel at any moment', () => {
  // Whatever the phase at that time: reading inputs, starting casd, capturing, building, writing outputs.
  test.each([20, 60, 100, 140, 180, 220, 260, 300, 350, 400, 450, 500, 600, 700])(
    '%d ms after the start',
    async (delay) => {
      for (let i = 0; i < 200; i++) bench.write(`src/${i}`, String(i));
      const run = bench.startRun(
        ['--outputs', 'made'],
        'mkdir made; for i in $(seq 300); do echo $i > made/$i; done; sleep 0.1',
      );
      await new Promise((resolve) => setTimeout(resolve, delay));
      run.child.kill('SIGTERM');
      const { exitCode } = await run.ended;
      expect([0, 143, 128]).toContain(exitCode);
      expect(bench.leftovers()).toEqual([]);
      const strays = bench.list().filter((name) => !['in.txt', 'out', 'src', 'made'].includes(name));
      expect(strays).toEqual([]);
      if (bench.exists('made')) expect(bench.list('made')).toHaveLength(300);
    },
  );
});
