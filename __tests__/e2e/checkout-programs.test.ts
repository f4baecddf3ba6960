import { execFileSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Bench } from './command-line.js';

let bench: Bench;

beforeEach(() => {
  bench = new Bench({ '.gitignore': '.venv\nnode_modules\n', 'in.txt': 'x' });
  const git = (...words: readonly string[]) => execFileSync('git', words, { cwd: bench.checkout });
  git('init', '--quiet');
  bench.write('tools/bin/greet', '#!/bin/sh\necho hello\n', 0o755);
  git('add', '--all');
  bench.write('node_modules/.bin/greet', '#!/bin/sh\necho hello of node\n', 0o755);
});

afterEach(async () => {
  await bench.dispose();
  expect(bench.leftovers()).toEqual([]);
});

const onPath = (...folders: readonly string[]) => {
  const paths = folders.map((folder) => `${bench.checkout}/${folder}`);
  bench.environment = { PATH: [...paths, process.env.PATH ?? ''].join(':') };
};
const INPUT = ['--inputs', '.', '--inputs', 'node_modules'];

describe('a folder of the checkout on PATH', () => {
  test('is on PATH inside, at its place there, where it is input', async () => {
    onPath('node_modules/.bin', 'tools/bin');
    const { stdout, stderr } = await bench.run(INPUT, 'greet; command -v greet');
    expect(stdout).toBe('hello of node\n/workspace/node_modules/.bin/greet\n');
    expect(stderr).not.toContain('PATH');
  });

  test('of which nothing is input is told, with what to do, on a hit too', async () => {
    onPath('node_modules/.bin', 'tools/bin');
    for (const result of ['built', 'hit']) {
      const { record, stderr } = await bench.record([], 'greet');
      expect([record.result, stderr]).toEqual([result, expect.stringContaining('hello\n')]);
      expect(stderr.match(/^warning: PATH .*$/gm)).toEqual([
        'warning: PATH names node_modules/.bin of the checkout, of which nothing is input: the build does not find the programs there. Name `node_modules` in `inputs`, with `.` beside it for what is input now, or take it off PATH',
      ]);
    }
    const narrow = await bench.run(['--inputs', 'in.txt'], 'command -v greet || echo none');
    expect(narrow.stdout).toBe('none\n');
    expect(narrow.stderr).toContain('node_modules/.bin and tools/bin of the checkout');
    expect(narrow.stderr).toContain('Name `node_modules` and `tools` in `inputs`, or');
  });

  test('is not told where it is not there, holds nothing, or the build makes it', async () => {
    onPath('nothing', 'out/bin');
    bench.write('out/bin/made', '#!/bin/sh\n', 0o755);
    const { stdout, stderr } = await bench.run(
      ['--outputs', 'out'],
      'mkdir -p out/bin; printf "#!/bin/sh\\necho made anew\\n" > out/bin/made; chmod +x out/bin/made; made',
    );
    expect(stdout).toBe('made anew\n');
    expect(stderr).not.toContain('PATH');
  });
});

describe("a virtual environment's", () => {
  const venv = () => {
    execFileSync('/usr/bin/python3', ['-m', 'venv', '--without-pip', '.venv'], { cwd: bench.checkout });
    const site = execFileSync(`${bench.checkout}/.venv/bin/python`, [
      '-c',
      'import site; print(site.getsitepackages()[0])',
    ]);
    const packages = site
      .toString()
      .trim()
      .slice(bench.checkout.length + 1);
    bench.write(`${packages}/greeter.py`, 'print("hello of venv")\n');
    bench.write('.venv/bin/zebra', `#!${bench.checkout}/.venv/bin/python\n`, 0o755);
    bench.write('.venv/bin/greeter', `#!${bench.checkout}/.venv/bin/python\nimport greeter\n`, 0o755);
    onPath('.venv/bin');
    return packages;
  };
  const INPUTS = ['--inputs', '.', '--inputs', '.venv'];

  test('scripts run, for the checkout is found where they were installed, too', async () => {
    await bench.dispose();
    bench = new Bench({ '.gitignore': '.venv\n' }, '/var/tmp');
    execFileSync('git', ['init', '--quiet'], { cwd: bench.checkout });
    venv();
    const { stdout, stderr } = await bench.run(INPUTS, 'greeter; python -m greeter');
    expect(stdout).toBe('hello of venv\nhello of venv\n');
    expect(stderr).not.toContain('warning');
    expect((await bench.run(INPUTS, `ls -d ${bench.checkout}/.venv`)).exitCode).toBe(0);
    expect((await bench.run([], `ls -d ${bench.checkout}`)).exitCode).toBe(2);
  });

  test('modules that it finds by the checkout, and `activate`, do without PATH outside', async () => {
    await bench.dispose();
    bench = new Bench({ '.gitignore': '.venv\n' }, '/var/tmp');
    execFileSync('git', ['init', '--quiet'], { cwd: bench.checkout });
    const packages = venv();
    bench.environment = {};
    bench.write('src/editable.py', 'print("installed with -e")\n'); // As `pip install -e` does.
    bench.write(`${packages}/editable.pth`, `${bench.checkout}/src\n`);
    const python = await bench.run(INPUTS, '.venv/bin/python -m editable');
    expect(python).toMatchObject({ exitCode: 0, stdout: 'installed with -e\n' });
    expect((await bench.run(INPUTS, '. .venv/bin/activate; greeter')).stdout).toBe('hello of venv\n');
  });

  test('Python and modules are there, and what cannot run at another place is told', async () => {
    venv(); // Nothing below /tmp is there inside.
    const { stdout, stderr } = await bench.run(INPUTS, 'python -c "import greeter"; command -v python');
    expect(stdout).toBe('hello of venv\n/workspace/.venv/bin/python\n');
    const lost = (program: string) =>
      `${program} (and 1 more) does not run in the sandbox, for it needs ${bench.checkout}/.venv/bin/python by that path`;
    expect(stderr).toContain(lost('.venv/bin/greeter'));
    expect(stderr).toContain('python -m NAME');
    expect((await bench.run(INPUTS, 'true && zebra; true')).stderr).toContain(lost('.venv/bin/zebra'));
  });
});
