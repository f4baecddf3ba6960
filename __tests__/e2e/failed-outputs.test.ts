import { readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Bench } from './command-line.js';

let bench: Bench;
const FLAGS = ['--outputs', 'reports', '--outputs', 'log', '--outputs', 'app'];
const LEFT = 'mkdir reports; echo "<junit/>" > reports/junit.xml; echo why > log';

beforeEach(() => {
  bench = new Bench({ 'in.txt': 'x' });
});

afterEach(async () => {
  await bench.dispose();
  expect(bench.leftovers()).toEqual([]);
});

describe('what a failed build left at its outputs', () => {
  test.each([
    ['with an exit code', 'exit 3', 3],
    ['by a signal', 'kill -9 $$', 137],
  ])('comes back when it failed %s, and the record lists it', async (_, end, exitCode) => {
    bench.write('app', 'of an earlier build');
    const { record, stderr, ...ended } = await bench.record(FLAGS, `${LEFT}; ${end}`);
    expect(ended.exitCode).toBe(exitCode);
    expect(record).toMatchObject({ result: 'failed', exitCode, outputsDigest: null, failure: null });
    expect(record.outputs.map(({ path }) => path).sort()).toEqual(['log', 'reports']);
    expect(stderr).toMatch(/outputs .*log.*, of the failed build/);
    expect([bench.read('reports/junit.xml'), bench.read('log')]).toEqual(['<junit/>\n', 'why\n']);
    expect(bench.read('app')).toBe('of an earlier build');
  });

  test('comes back when it ran out of time', async () => {
    const { record, exitCode } = await bench.record([...FLAGS, '--timeout', '2s'], `${LEFT}; sleep 60`);
    expect(exitCode).toBe(137);
    expect(record).toMatchObject({
      result: 'failed',
      failure: expect.stringContaining('timeout') as unknown,
    });
    expect([bench.read('reports/junit.xml'), bench.read('log')]).toEqual(['<junit/>\n', 'why\n']);
  });

  test('comes back when it did not make another output', async () => {
    const { record, exitCode, stderr } = await bench.record(FLAGS, LEFT);
    expect([exitCode, record.result]).toEqual([1, 'failed']);
    expect(stderr).toContain('did not make the declared output app');
    expect(bench.read('reports/junit.xml')).toBe('<junit/>\n');
  });

  test('comes back but for what is refused, which is told', async () => {
    const { record, exitCode, stderr } = await bench.record(FLAGS, `${LEFT}; ln -s /etc/passwd app; exit 3`);
    expect(exitCode).toBe(3);
    expect(stderr).toContain('"app" is a symlink out of the workspace');
    expect(record.outputs.map(({ path }) => path).sort()).toEqual(['log', 'reports']);
    expect(bench.list()).toEqual(['in.txt', 'log', 'reports']);
  });

  test.each([
    ['a build that failed', 'exit 3', 3],
    ['one that went well', 'true', 1],
    ['one that ran out of time', 'sleep 60', 137],
  ])('comes back but for a pipe, which is told, of %s', async (_, end, exitCode) => {
    const { record, stderr, ...ended } = await bench.record(
      [...FLAGS, '--timeout', '3s'],
      `${LEFT}; mkfifo app; ${end}`,
    );
    expect(ended.exitCode).toBe(exitCode);
    expect(stderr).toContain('the output app is neither a file nor a folder nor a symlink');
    expect(record).toMatchObject({ result: 'failed', exitCode });
    expect(record.outputs.map(({ path }) => path).sort()).toEqual(['log', 'reports']);
    expect([bench.read('reports/junit.xml'), bench.read('log')]).toEqual(['<junit/>\n', 'why\n']);
    expect(bench.list()).toEqual(['in.txt', 'log', 'reports']);
  });

  test('comes back with a remembered failure too', async () => {
    const flags = [...FLAGS, '--cache-failures', 'true'];
    await bench.run(flags, `${LEFT}; ln -s reports app; exit 3`);
    for (const path of ['log', 'reports', 'app']) bench.remove(path);
    const { record, exitCode } = await bench.record(flags, `${LEFT}; ln -s reports app; exit 3`);
    expect([exitCode, record.result, record.hitFrom]).toEqual([3, 'failed', 'local']);
    expect(record.outputs).toHaveLength(3);
    expect([bench.read('log'), readlinkSync(join(bench.checkout, 'app'))]).toEqual(['why\n', 'reports']);
  });

  test('stays away where that is asked for, on a build and on a hit', async () => {
    const flags = [...FLAGS, '--cache-failures', 'true', '--outputs-on-failure', 'false'];
    for (const hitFrom of [null, 'local']) {
      const { record } = await bench.record(flags, `${LEFT}; exit 3`);
      expect(record).toMatchObject({ result: 'failed', hitFrom });
      expect(record.outputs).toHaveLength(2);
      expect(bench.list()).toEqual(['in.txt']);
    }
  });

  test('does not hide the exit code where it cannot be brought', async () => {
    bench.write('log/mine', 'mine');
    const { exitCode, stderr } = await bench.run(FLAGS, `${LEFT}; exit 3`);
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(/what the failed build left was not brought: the output log has a file where/);
    expect(bench.read('log/mine')).toBe('mine');
  });

  test('stays away from a cancelled run', async () => {
    const run = bench.startRun(FLAGS, `${LEFT}; echo ready; sleep 60`);
    await run.said('ready');
    run.child.kill('SIGTERM');
    expect((await run.ended).exitCode).toBe(143);
    expect(bench.list()).toEqual(['in.txt']);
  });
});
