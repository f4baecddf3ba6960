import { execFileSync } from 'node:child_process';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Bench } from './command-line.js';

let bench: Bench;

beforeEach(() => {
  bench = new Bench({
    '.gitignore': '/dist\n.env\n',
    'src/a.txt': 'one',
    'src/.env': 'canary',
    '.env': 'canary',
  });
  const git = (...words: readonly string[]) => execFileSync('git', words, { cwd: bench.checkout });
  git('init', '--quiet');
  git('add', '--all');
});

afterEach(async () => {
  await bench.dispose();
  expect(bench.leftovers()).toEqual([]);
});

const FIRST = ['--outputs', 'dist', '--inputs', 'src'];
const MAKE = 'mkdir -p dist/lib; cp src/a.txt dist/lib/app';
const SECOND = ['--inputs', 'dist', '--inputs', 'src/a.txt'];

test('what an earlier step brought is input for the next, and a change of it is another action', async () => {
  expect((await bench.record(FIRST, MAKE)).record.result).toBe('built');
  const test = 'cat dist/lib/app; find . -type f | sort';
  const built = await bench.record(SECOND, test);
  expect(built.record.result).toBe('built');
  expect(built.stderr).toContain('one./dist/lib/app\n./src/a.txt\n');
  expect((await bench.record(SECOND, test)).record.result).toBe('hit');
  bench.write('src/a.txt', 'two');
  await bench.record(FIRST, MAKE);
  const again = await bench.record(SECOND, test);
  expect([again.record.result, again.stderr.includes('two./dist')]).toEqual(['built', true]);
});

test('a secret that git ignores gets in by its own name alone', async () => {
  for (const flags of [
    [],
    ['--inputs', '.'],
    ['--inputs', 'src'],
    ['--inputs', '*'],
    ['--inputs', 'src/*'],
  ]) {
    const { stdout } = await bench.run(flags, 'grep -r canary . || echo none');
    expect([flags, stdout]).toEqual([flags, 'none\n']);
  }
  expect((await bench.run(['--inputs', '.env'], 'cat .env')).stdout).toBe('canary');
});

test('a name that matches nothing says what would', async () => {
  const { exitCode, stderr } = await bench.run(['--inputs', 'dist'], 'true');
  expect(exitCode).toBe(2);
  expect(stderr).toContain('inputs: "dist" is not usable. It matches no input file');
  expect(stderr).toContain('What git ignores has to be named');
});
