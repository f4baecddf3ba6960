import { lstatSync, mkdirSync, readFileSync, readlinkSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Bench } from './command-line.js';

let bench: Bench;

beforeEach(() => {
  bench = new Bench({ 'in.txt': 'x' });
});

afterEach(async () => {
  await bench.dispose();
  expect(bench.leftovers()).toEqual([]);
});

/** Runs it twice: what is true of outputs is true of those that were built and of those of a hit. */
async function builtAndHit(flags: readonly string[], script: string, check: () => void): Promise<void> {
  for (const result of ['built', 'hit']) {
    expect((await bench.record(flags, script)).record.result).toBe(result);
    check();
  }
}

describe('outputs', () => {
  test('are files, folders and symlinks, with their executable bits', async () => {
    const script = [
      'mkdir -p out/deep/er out/empty',
      'echo run > out/deep/er/run; chmod +x out/deep/er/run; echo data > out/data',
      'ln -s deep/er/run out/link; ln -s ../in.txt out/up',
      'echo single > single; chmod +x single',
    ].join('\n');
    await builtAndHit(['--outputs', 'out', '--outputs', 'single'], script, () => {
      const at = (path: string) => join(bench.checkout, path);
      expect(lstatSync(at('out/deep/er/run')).mode & 0o111).toBe(0o111);
      expect(lstatSync(at('out/data')).mode & 0o111).toBe(0);
      expect(lstatSync(at('single')).mode & 0o111).toBe(0o111);
      expect(lstatSync(at('out/empty')).isDirectory()).toBe(true);
      expect(readlinkSync(at('out/link'))).toBe('deep/er/run');
      expect(readFileSync(at('out/up'), 'utf8')).toBe('x');
    });
  });

  test('with names that a shell or a protocol could stumble over', async () => {
    const names = ['with blank', 'ünïcødé', '$HOME', '-dash', "quote'", 'new\nline', '\u{1f600}'];
    for (const name of names) bench.write(`src/${name}`, name);
    await builtAndHit(['--outputs', 'copy'], 'cp -r src copy', () => {
      expect(bench.list('copy')).toEqual([...names].sort());
    });
  });

  test('replace what an earlier build made there, also a folder by a file', async () => {
    await bench.run(['--outputs', 'out'], 'mkdir out; touch out/old');
    await builtAndHit(['--outputs', 'out'], 'echo new > out', () => {
      expect(bench.read('out')).toBe('new\n');
    });
    expect(bench.list()).toEqual(['in.txt', 'out']);
  });

  test('that are not made leave what stood there', async () => {
    bench.write('out/old', 'old');
    expect((await bench.run(['--outputs', 'out'], 'rm -rf out; exit 1')).exitCode).toBe(1);
    expect(bench.list('out')).toEqual(['old']);
  });

  test.each(['/etc/passwd', '../../../etc/passwd', '/workspace/in.txt'])(
    'that are a symlink to %s are refused, by name',
    async (target) => {
      const { exitCode, stderr, record } = await bench.record(
        ['--outputs', 'out'],
        `mkdir out; ln -s ${target} out/link`,
      );
      expect([exitCode, record.result]).toEqual([1, 'failed']);
      expect(stderr).toContain('"out/link" is a symlink out of the workspace');
      expect(bench.exists('out')).toBe(false);
    },
  );

  test('that are symlinks to what is no output are told, on a hit too', async () => {
    const script = 'mkdir -p programs; echo x > programs/app; ln -s programs/app app; ln -s in.txt alias';
    for (const result of ['built', 'hit']) {
      const { record, stderr } = await bench.record(['--outputs', 'app', '--outputs', 'alias'], script);
      expect(record.result).toBe(result);
      expect(stderr.match(/^warning: .*$/gm)).toEqual([
        'warning: the output app is a symlink to programs/app, which is not there: name what it leads to in `outputs` too',
      ]);
    }
    const both = ['app', 'alias', 'programs/app'].flatMap((path) => ['--outputs', path]);
    expect((await bench.record(both, script)).stderr).not.toContain('warning');
    expect(bench.read('app')).toBe('x\n');
  });

  test('may be symlinks themselves', async () => {
    bench.write('sub/in', 'deep');
    const flags = [
      '--working-directory',
      'sub',
      '--outputs',
      'latest',
      '--outputs',
      'a/link',
      '--outputs',
      'in-place',
    ];
    await builtAndHit(
      flags,
      'ln -s in latest; mkdir -p a; ln -s ../../in.txt a/link; ln -s in in-place',
      () => {
        expect(readlinkSync(join(bench.checkout, 'sub/latest'))).toBe('in');
        expect(bench.read('sub/latest')).toBe('deep');
        expect(bench.read('sub/a/link')).toBe('x');
      },
    );
  });

  test('below a symlink that the build made are not looked for on the host', async () => {
    const outside = join(bench.root, 'outside');
    mkdirSync(outside);
    symlinkSync('secret', join(outside, 'link'));
    const script = `ln -s ${outside} escape`;
    expect((await bench.run(['--outputs', 'escape/link'], script)).exitCode).not.toBe(0);
    expect(readlinkSync(join(outside, 'link'))).toBe('secret');
  });

  test('of 50 MB come whole, as do 3,000 small ones', async () => {
    const script =
      'mkdir out; head -c 50000000 /dev/urandom > out/large; for i in $(seq 3000); do echo $i > out/$i; done; sha256sum out/large';
    let first = '';
    await builtAndHit(['--outputs', 'out'], script, () => {
      expect(bench.list('out')).toHaveLength(3001);
      const content = readFileSync(join(bench.checkout, 'out/large')).toString('latin1');
      expect(content.length).toBe(50_000_000);
      first ||= content;
      expect(content === first).toBe(true);
    });
  });

  test('that are neither file nor folder nor symlink are refused by name', async () => {
    const { exitCode, stderr, record } = await bench.record(['--outputs', 'odd'], 'mkfifo odd');
    expect([exitCode, record.result]).toEqual([1, 'failed']);
    expect(stderr).toContain('the output odd is neither a file nor a folder nor a symlink');
  });
});

describe('output of a build', () => {
  test('of 20 MB is replayed to the byte', async () => {
    const script = 'head -c 20000000 /dev/zero | tr "\\0" x';
    for (let i = 0; i < 2; i++) {
      const { stdout, exitCode } = await bench.run([], script);
      expect(exitCode).toBe(0);
      expect(stdout.length).toBe(20_000_000);
    }
  });
});
