import { execFileSync } from 'node:child_process';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { brokenPath } from '../inputs/checkout.js';
import { Bench } from './command-line.js';

let bench: Bench;

beforeEach(() => {
  bench = new Bench({ 'in.txt': 'x' });
  writeFileSync(brokenPath(bench.checkout), '');
  symlinkSync(Buffer.from([0x78, 0xff]), join(bench.checkout, 'link'));
});

afterEach(async () => {
  await bench.dispose();
  expect(bench.leftovers()).toEqual([]);
});

test.each([
  ['in git', true],
  ['outside git', false],
])('a name and a target that are not UTF-8 are left out %s, and each run says so', async (_, inGit) => {
  if (inGit) {
    execFileSync('git', ['init', '--quiet', bench.checkout]);
    execFileSync('git', ['add', '--all'], { cwd: bench.checkout });
  }
  for (const result of ['built', 'hit']) {
    const { exitCode, stderr, record } = await bench.record([], 'ls');
    expect([exitCode, record.result]).toEqual([0, result]);
    expect(stderr).toContain('\nin.txt\n');
    expect(stderr).toContain('warning: the name of caf\\xe9.txt is not UTF-8');
    expect(stderr).toContain('warning: the symbolic link link points to a name that is not UTF-8');
  }
  const { exitCode, stderr } = await bench.run(['--inputs', '!caf?.txt', '--inputs', '!link'], 'ls');
  expect(exitCode).toBe(0);
  expect(stderr).not.toContain('warning');
  expect((await bench.run([], 'cat caf*')).exitCode).not.toBe(0);
});
