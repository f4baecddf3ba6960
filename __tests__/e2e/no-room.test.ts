import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Bench } from './command-line.js';
import { allowWrites, forbidWrites, mountDisk, testOnDisk, unmountDisk } from './memory-disk.js';
import { dieAt, environmentOf } from './preload.js';

let bench: Bench;
const disk = () => join(bench.root, 'disk');
const onDisk = () => ['--cache-dir', join(disk(), 'cache')];

beforeEach(() => {
  bench = new Bench({ 'in.txt': 'x' });
});
afterEach(async () => {
  bench.environment = {};
  unmountDisk(disk());
  await bench.dispose();
  expect(bench.leftovers()).toEqual([]);
});

function write(name: string, bytes: number): boolean {
  try {
    writeFileSync(join(disk(), 'ballast', name), Buffer.alloc(bytes));
    return true;
  } catch {
    return false;
  }
}

const SPOILT: [string, () => void, () => void][] = [
  [
    'full',
    () => {
      mkdirSync(join(disk(), 'ballast'));
      for (let i = 0; write(`megabyte-${i}`, 1_000_000);) i++;
      for (let i = 0; write(`page-${i}`, 4096);) i++;
    },
    () => rmSync(join(disk(), 'ballast'), { recursive: true }),
  ],
  [
    'full of files',
    () => {
      mkdirSync(join(disk(), 'ballast'));
      for (let i = 0; write(`empty-${i}`, 0);) i++;
    },
    () => rmSync(join(disk(), 'ballast'), { recursive: true }),
  ],
  ['read-only', () => forbidWrites(disk()), () => allowWrites(disk())],
];

function mountSmall(): void {
  mountDisk(disk(), '24m', 2000);
}

describe.each(SPOILT)('a disk that is %s', (_, spoil, mend) => {
  testOnDisk(
    'below the cache: a hit is one, a miss says what is wrong where, and all is well once it is mended',
    async () => {
      mountSmall();
      const run = (script: string) =>
        bench.start(
          'run',
          ...onDisk(),
          '--inputs',
          'in.txt',
          '--outputs',
          'out',
          '--run',
          `${script} in.txt | tee out`,
        ).ended;
      await run('cat');
      spoil();
      rmSync(join(bench.checkout, 'out'));
      bench.write('more.txt', 'a file that no memory knows');
      expect(await run('cat')).toMatchObject({
        exitCode: 0,
        stdout: 'x',
        stderr: expect.stringContaining('hit in') as unknown,
      });
      expect(bench.read('out')).toBe('x');
      const miss = await run('cat -A');
      expect([miss.exitCode, miss.stderr]).toEqual([
        125,
        expect.stringContaining(`error: the cache folder ${disk()}/cache cannot be `),
      ]);
      expect(miss.stderr).not.toMatch(/bug|^ +at /m);
      expect((await bench.start('casd', 'stop', ...onDisk()).ended).exitCode).toBe(0);
      mend();
      expect((await run('cat -A')).exitCode).toBe(0);
    },
  );

  testOnDisk('for temporary files: the run says which folder', async () => {
    mountSmall();
    spoil();
    bench.environment = { TMPDIR: disk() };
    const { exitCode, stderr } = await bench.run(['--inputs', 'in.txt'], 'cat in.txt');
    expect([exitCode, stderr]).toEqual([
      125,
      expect.stringContaining(`error: the temporary folder ${disk()} cannot be used`),
    ]);
    expect(stderr).not.toMatch(/bug|^ +at /m);
    mend();
    expect((await bench.run(['--inputs', 'in.txt'], 'cat in.txt')).stdout).toBe('x');
    expect(readdirSync(disk())).toEqual([]);
  });
});

testOnDisk(
  'a build that prints more than the disk of the cache holds is ended, and nothing of it stays',
  async () => {
    mountDisk(disk(), '48m');
    const { exitCode, stderr } = await bench.start(
      'run',
      ...onDisk(),
      '--run',
      'head -c 80000000 /dev/zero; sleep 60',
    ).ended;
    expect([exitCode, stderr]).toEqual([
      125,
      expect.stringMatching(/error: the cache folder .* cannot be used: no space is left/),
    ]);
    expect(readdirSync(join(disk(), 'cache/run/work'))).toEqual([]);
  },
);

test('a process that may open few files is told so', async () => {
  // Node takes some 17, and the files of a program are loaded several at once.
  bench.prefix = ['sh', '-c', 'ulimit -n 26; exec "$@"', 'sh'];
  const { exitCode, stderr } = await bench.run([], 'cat in.txt');
  bench.prefix = [];
  expect(stderr).not.toMatch(/bug|^ +at /m);
  expect(exitCode).toBe(125);
});

test('what a run that was killed left among the temporary files goes with the next', async () => {
  const temporary = join(bench.root, 'temporary');
  const killed = { TMPDIR: temporary, ...environmentOf(dieAt('writeFile 1 temporary.*HEAD')) };
  bench.environment = killed;
  expect((await bench.run(['--inputs', 'in.txt'], 'true')).exitCode).toBe(137);
  expect(readdirSync(temporary)).toHaveLength(1);
  mkdirSync(join(temporary, '.buildbox-of-somebody-else'));
  bench.environment = { TMPDIR: temporary };
  expect((await bench.run(['--inputs', 'in.txt'], 'true')).exitCode).toBe(0);
  expect(readdirSync(temporary)).toEqual(['.buildbox-of-somebody-else']);
});
