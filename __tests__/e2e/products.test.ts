import { execFileSync } from 'node:child_process';
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Bench } from './command-line.js';

let bench: Bench;

beforeEach(() => {
  bench = new Bench();
});

afterEach(async () => {
  await bench.dispose();
  expect(bench.leftovers()).toEqual([]);
});

function commit(files: Readonly<Record<string, string>>): void {
  for (const [path, content] of Object.entries(files)) bench.write(path, content);
  execFileSync('git', ['init', '--quiet', bench.checkout]);
  execFileSync('git', ['add', '--all'], { cwd: bench.checkout });
}

const WARNING = 'warning: among the inputs are products of a build: ';

describe('a product among the inputs, which make takes for up to date, is named', () => {
  test('where it is a declared output', async () => {
    commit({ Makefile: 'x: x.in\n\tcp x.in x\n', 'x.in': 'new\n', x: 'old\n' });
    const { exitCode, stderr } = await bench.run(['--outputs', 'x'], 'make x');
    expect([exitCode, bench.read('x')]).toEqual([0, 'old\n']);
    expect(stderr).toContain(
      `${WARNING}x (an output that the build left as it was). All files have one time`,
    );
    expect(stderr).toContain("exclude them (`inputs: '!x'`), or build with `make -B`");
    // Nothing is said of a hit, which reads no input.
    expect((await bench.run(['--outputs', 'x'], 'make x')).stderr).not.toContain('warning');
    // Each remedy is one.
    for (const [flags, script] of [
      [['--inputs', '!x'], 'make x'],
      [[], 'make -B x'],
    ] as const) {
      const mended = await bench.run(['--outputs', 'x', ...flags], script);
      expect(mended.stderr).not.toContain('warning');
      expect(bench.read('x')).toBe('new\n');
      bench.write('x', 'old\n');
    }
  });

  test('where the Makefile knows it, and where git does not ignore it', async () => {
    commit({ Makefile: 'all: x\nx: x.in\n\tcp x.in x\nlib.o: lib.c\n', 'x.in': 'new\n', x: 'old\n' });
    bench.write('deep/unit.o', 'object');
    const { stderr } = await bench.run([], 'make');
    expect(stderr).toContain(`${WARNING}x (a target of the Makefile), deep/unit.o (a compiled file).`);
  });
});

test('bytecode of a sandbox is named, for Python believes it in the next one', async () => {
  commit({ 'm.py': 'X = 1\n' });
  const script = 'python3 -c "import m; print(m.X)"; mkdir -p out; cp __pycache__/* out/';
  await bench.run(['--outputs', 'out'], script);
  renameSync(join(bench.checkout, 'out'), join(bench.checkout, '__pycache__'));
  bench.write('m.py', 'X = 2\n');
  const { stdout, stderr } = await bench.run([], 'python3 -c "import m; print(m.X)"');
  expect(stdout).toBe('1\n');
  expect(stderr).toMatch(
    /products of a build: __pycache__\/m\.\S+\.pyc \(bytecode that was made in a sandbox/,
  );
});

test('nothing is said of a lock file that a build keeps up to date, nor of samples that are compiled', async () => {
  commit({
    'app.lock': 'v1\n',
    'tests/sample.o': 'object',
    'tests/sample.so': 'library',
    Makefile: 'all:\n',
  });
  for (const script of ['cat app.lock', 'echo v2 > app.lock']) {
    const { exitCode, stderr } = await bench.run(['--outputs', 'app.lock'], script);
    expect(exitCode).toBe(0);
    expect(stderr).not.toContain('warning');
  }
  expect(bench.read('app.lock')).toBe('v2\n');
});
