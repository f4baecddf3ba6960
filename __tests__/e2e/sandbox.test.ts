import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
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

const lines = async (script: string, flags: readonly string[] = []) =>
  (await bench.run(flags, script)).stdout.trimEnd().split('\n');

describe('what a build sees', () => {
  test('is its own root: the checkout, the toolchain, a home, a temporary folder', async () => {
    expect(
      await lines(
        'pwd; echo $HOME; echo $TMPDIR; cat in.txt; echo; touch $HOME/a $TMPDIR/b new && echo written',
      ),
    ).toEqual(['/workspace', '/home/build', '/tmp', 'x', 'written']);
  });

  test('has no environment but what was given', async () => {
    bench.environment = { GITHUB_TOKEN: 'canary', ACTIONS_RUNTIME_TOKEN: 'canary', SECRET: 'canary' };
    const seen = await lines('env', ['--env', 'MINE=1']);
    expect(seen).toContain('MINE=1');
    expect(seen.join('\n')).not.toContain('canary');
    const names = seen
      .map((line) => line.split('=')[0])
      .filter((name) => !/^(PWD|SHLVL|_|OLDPWD)$/.test(name ?? ''));
    expect(names).toEqual(expect.arrayContaining(['HOME', 'TMPDIR', 'PATH', 'MINE']));
  });

  test('is read-only outside its folders', async () => {
    const { stdout } = await bench.run(
      [],
      'for f in /x /usr/x /etc/x /root/x; do touch $f 2>/dev/null && echo $f; done; echo done',
    );
    expect(stdout).toBe('done\n');
  });

  test('holds none of the files of the host beyond its toolchain', async () => {
    const secret = mkdtempSync('/var/tmp/secret-');
    try {
      writeFileSync(join(secret, 'key'), 'canary');
      const { stdout } = await bench.run(
        [],
        `cat ${secret}/key /etc/shadow /proc/1/environ 2>/dev/null | tr '\\0' '\\n' | grep -c canary; ls / /etc`,
      );
      expect(stdout).toMatch(/^0\n/);
      expect(stdout).not.toMatch(/^(shadow|ssh|sudoers|machine-id)$/m);
    } finally {
      rmSync(secret, { recursive: true });
    }
  });

  test('has the processes of its own only, and they end with it', async () => {
    const { stdout } = await bench.run([], 'sleep 300 & sleep 300 & ls /proc | grep -c "^[0-9]"');
    expect(Number(stdout)).toBeLessThan(12);
    expect(bench.leftovers()).toEqual([]);
  });

  test('has no capabilities and gains none', async () => {
    expect(await lines('grep -E "^(CapEff|NoNewPrivs)" /proc/self/status')).toEqual([
      'CapEff:\t0000000000000000',
      'NoNewPrivs:\t1',
    ]);
  });
});

describe('network', () => {
  test('is off by default and on when asked for', async () => {
    const server = createServer((_, response) => response.end('reached'));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as AddressInfo;
    const get = `python3 -c "import urllib.request as u; print(u.urlopen('http://localhost:${port}').read().decode())"`;
    try {
      expect((await bench.run([], get)).exitCode).not.toBe(0);
      expect((await bench.run(['--network', 'on'], get)).stdout).toBe('reached\n');
    } finally {
      server.close();
    }
  });
});

describe('host-paths', () => {
  test('are shown read-only, and their content is part of the action', async () => {
    const shown = mkdtempSync('/var/tmp/shown-');
    chmodSync(shown, 0o755);
    try {
      writeFileSync(join(shown, 'data'), 'one\n');
      const flags = ['--host-paths', shown];
      const script = `cat ${shown}/data; touch ${shown}/x 2>/dev/null || echo read-only`;
      const first = await bench.record(flags, script);
      expect(first.stderr).toContain('one\nread-only\n');
      expect((await bench.record(flags, script)).record.result).toBe('hit');
      writeFileSync(join(shown, 'data'), 'two\n');
      const second = await bench.record(flags, script);
      expect(second.stderr).toContain('two\n');
      expect(second.record.toolchain.identity).not.toBe(first.record.toolchain.identity);
    } finally {
      rmSync(shown, { recursive: true });
    }
  });
});

describe('the toolchain', () => {
  test('from a tool cache works, and a change of it is another action', async () => {
    const toolCache = mkdtempSync('/var/tmp/tool-cache-');
    chmodSync(toolCache, 0o755);
    try {
      const bin = join(toolCache, 'greeter/1.0.0/x64/bin');
      mkdirSync(bin, { recursive: true });
      mkdirSync(join(bin, '../lib'));
      writeFileSync(join(bin, 'greet'), '#!/bin/sh\ncat "$(dirname "$0")/../lib/words"\n', { mode: 0o755 });
      writeFileSync(join(bin, '../lib/words'), 'hello\n');
      bench.environment = { PATH: `${bin}:${process.env.PATH ?? ''}`, RUNNER_TOOL_CACHE: toolCache };
      const first = await bench.record([], 'greet');
      expect(first.stderr).toContain('hello\n');
      writeFileSync(join(bin, 'greet'), '#!/bin/sh\necho changed\n', { mode: 0o755 });
      const second = await bench.record([], 'greet');
      expect(second.stderr).toContain('changed\n');
      expect(second.record.actionDigest).not.toBe(first.record.actionDigest);
    } finally {
      rmSync(toolCache, { recursive: true });
    }
  });
});

describe('copied inputs', () => {
  test('where /dev/fuse cannot be used: it says so, and builds', async () => {
    if (process.getuid?.() !== 0) return;
    const hidden = new Bench({ 'in.txt': 'x' });
    // A mount namespace of its own, in which /dev/fuse is an empty file.
    hidden.prefix = ['unshare', '--mount', 'sh', '-c', 'mount --bind /dev/null /dev/fuse && exec "$@"', 'sh'];
    try {
      const { exitCode, stdout, stderr } = await hidden.run([], 'cat in.txt; touch new && echo " written"');
      expect([exitCode, stdout]).toEqual([0, 'x written\n']);
      expect(stderr).not.toContain('bug');
    } finally {
      await hidden.dispose();
    }
  });
});

describe('a sandbox that cannot start is our fault, with a remedy, and never a failed build', () => {
  const inNamespaceWithout = (setting: string) => [
    'unshare',
    '--user',
    '--map-root-user',
    '--mount',
    'sh',
    '-c',
    `echo 0 > /proc/sys/user/${setting}; exec "$@"`,
    'sh',
  ];

  test('no user namespaces', async () => {
    bench.prefix = inNamespaceWithout('max_user_namespaces');
    const { exitCode, stdout, stderr } = await bench.run([], 'echo built');
    expect([exitCode, stdout]).toEqual([125, '']);
    expect(stderr).toMatch(/user\.max_user_namespaces is 0\n.*sysctl -w/);
    expect(stderr).not.toMatch(/✗|failed with exit code/);
    bench.prefix = [];
  });

  test('no network namespaces', async () => {
    bench.prefix = inNamespaceWithout('max_net_namespaces');
    const { exitCode, stderr } = await bench.run([], 'echo built');
    expect(exitCode).toBe(125);
    expect(stderr).toMatch(/max_net_namespaces/);
    bench.prefix = [];
  });
});
