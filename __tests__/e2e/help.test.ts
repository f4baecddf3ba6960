import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { Bench } from './command-line.js';

let bench: Bench;

beforeEach(() => {
  bench = new Bench();
});

afterEach(() => bench.dispose());

describe('help', () => {
  test('of run names every input of the action, with its default', async () => {
    const { inputs } = parse(readFileSync('action.yml', 'utf8')) as {
      inputs: Record<string, { default?: string }>;
    };
    const { stdout, exitCode } = await bench.start('run', '--help').ended;
    expect(exitCode).toBe(0);
    for (const [name, { default: standard }] of Object.entries(inputs)) {
      expect(stdout).toMatch(new RegExp(`^  --${name} [<[]value`, 'm'));
      if (standard !== undefined) expect(stdout.replace(/\s+/g, ' ')).toContain(`(default: ${standard})`);
    }
  });

  test('goes to a reader that goes away', () => {
    const command = `${process.execPath} ${resolve('dist/cli.js')} run --help | head -1; echo "\${PIPESTATUS[0]}"`;
    const output = execFileSync('bash', ['-c', `${command} 2>&1`], { encoding: 'utf8' });
    expect(output).toBe('Usage: buildbox-ci run [flags] -- COMMAND [ARGUMENT...]\n0\n');
  });
});

describe('a mistake in the call ends with 2 and says what it is', () => {
  test.each([
    [[], 'Usage: buildbox-ci'],
    [['frob'], "unknown command 'frob'"],
    [['run', '--frob'], "unknown option '--frob'"],
    [['run', '--timeout'], "option '--timeout <value>' argument missing"],
    [['run'], 'run: "" is not usable'],
    [['run', '--run', 'true', '--', 'true'], 'not both'],
    [['casd', 'restart'], "unknown command 'restart'"],
  ])('%j', async (words, message) => {
    const { exitCode, stderr, stdout } = await bench.start(...words).ended;
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
  });
});
