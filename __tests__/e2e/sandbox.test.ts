import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { makeMemoryGroup } from '../../src/sandbox/memory-group.js';
import { makePidsGroup } from '../../src/sandbox/pids-group.js';
import { Bench, type Started } from './command-line.js';

/** The control groups that a run has made and left; other tests have theirs beside them. */
function groupsOf({ child }: Started, parent: string): readonly string[] {
  return readdirSync(parent).filter(
    (name) => name.startsWith('.buildbox-') && name.includes(`-${child.pid}-`),
  );
}

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

describe('what a build may do to the machine', () => {
  test('no file of the kernel can be written, whoever runs it', async () => {
    const files = '/proc/sys/kernel/core_pattern /proc/sys/kernel/hostname /proc/sys/vm/swappiness';
    // What is there is written back, should it be possible.
    const script = `for f in ${files}; do v=$(cat $f) && (echo "$v" > $f) 2>/dev/null && echo $f; done; find /proc/sys /proc/[a-z]* -maxdepth 5 -type f -writable 2>/dev/null | grep -v '^/proc/\\(self\\|thread-self\\)' || echo done`;
    expect(await lines(script)).toEqual(['done']);
  });

  test('no key of the session is there', async () => {
    const calls = process.arch === 'arm64' ? { add: 217, keyctl: 219 } : { add: 248, keyctl: 250 };
    const python = (...lines: readonly string[]) =>
      ['import ctypes, os, sys', 'call = ctypes.CDLL(None, use_errno=True).syscall', ...lines].join('\n');
    // A session of its own with a key in it, as pam_keyinit and a credential helper leave it.
    const withKey = python(
      `assert call(${calls.keyctl}, 1, None) > 0`,
      `assert call(${calls.add}, b'user', b'canary', b'secret', 6, -3) > 0`,
      'os.execvp(sys.argv[1], sys.argv[1:])',
    );
    const read = python(
      `key = call(${calls.keyctl}, 10, -3, b'user', b'canary', 0)`,
      'held = ctypes.create_string_buffer(16)',
      `print('read', call(${calls.keyctl}, 11, key, held, 16), held.value)`,
      "print('keys', len(open('/proc/keys').read()))",
    );
    bench.prefix = ['python3', '-c', withKey];
    bench.write('read.py', read);
    expect(await lines('python3 read.py')).toEqual(["read -1 b''", 'keys 0']);
    bench.prefix = [];
  });

  test('nobody answers outside of its network: not the host of a virtual machine either', async () => {
    const script = 'import socket; socket.socket(40, socket.SOCK_STREAM)';
    const { exitCode, stderr } = await bench.run([], `python3 -c "${script}"`);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('Errno 97');
  });

  test('it makes no user namespace, and with it no capability', async () => {
    const { exitCode, stderr } = await bench.run([], 'unshare --user true');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('Operation not permitted');
  });
});

const memoryGroup = await makeMemoryGroup(1e9).catch(() => undefined);
await memoryGroup?.[Symbol.asyncDispose]();
const describeMemory = memoryGroup === undefined ? describe.skip : describe;

describe('limits', () => {
  test('a fork bomb ends by itself, and is not remembered', async () => {
    const flags = ['--processes', '150', '--cache-failures', 'true'];
    const group = await makePidsGroup(1);
    await group?.[Symbol.asyncDispose]();
    // Of a kernel that does not brake it, two thousand at the most: every test beside this one would suffer.
    const bomb =
      'bomb() { [ $1 -gt 10 ] && exec sleep 1000; bomb $(($1 + 1)) | bomb $(($1 + 1)) & }; bomb 0; sleep 1000';
    for (let i = 0; i < 2; i++) {
      const { exitCode, stderr } = await bench.run(flags, bomb);
      expect(exitCode).toBe(137);
      expect(stderr.split('more than 150 processes and threads at a time (`processes`)')).toHaveLength(2);
      if (group !== undefined) expect(stderr).toContain('Resource temporarily unavailable');
    }
  });

  test('a build that the kernel refused a process is none that went well', async () => {
    const group = await makePidsGroup(1);
    if (group === undefined) return; // Only of a group it is known.
    await group[Symbol.asyncDispose]();
    bench.write(
      'burst.py',
      'import os\nfor i in range(100):\n  try:\n    if os.fork() == 0: os.execv("/usr/bin/sleep", ["sleep", "9"])\n  except OSError: os._exit(0)\n',
    );
    const run = bench.startRun(['--processes', '50'], 'exec python3 burst.py');
    const { exitCode, stderr } = await run.ended;
    expect([exitCode, stderr]).toEqual([137, expect.stringContaining('more than 50 processes')]);
    expect(groupsOf(run, dirname(group.folder))).toEqual([]);
  });

  test('threads count as processes do', async () => {
    const script =
      'import threading, time\nfor i in range(300): threading.Thread(target=time.sleep, args=(100,)).start()';
    bench.write('threads.py', script);
    const { exitCode, stderr } = await bench.run(['--processes', '150'], 'python3 threads.py');
    expect([exitCode, stderr]).toEqual([137, expect.stringContaining('more than 150 processes')]);
  });

  describeMemory('memory', () => {
    const eat = 'python3 -c "x = bytearray(300_000_000); print(len(x))"';

    test('a build that needs more than it may is ended, and one that does not is not', async () => {
      const run = bench.startRun(['--memory', '200M', '--cache-failures', 'true'], `${eat}; echo went on`);
      const ended = await run.ended;
      expect([ended.exitCode, ended.stdout]).toEqual([137, expect.not.stringContaining('000')]);
      expect(ended.stderr).toContain('it needed more memory than 200 MB (`memory`)');
      expect((await bench.run(['--memory', '1G'], `${eat}; echo went on`)).stdout).toBe(
        '300000000\nwent on\n',
      );
      expect(groupsOf(run, dirname(memoryGroup?.folder ?? ''))).toEqual([]);
    });

    test('counts for all processes together, and for what is written to /tmp', async () => {
      const many =
        'for i in 1 2 3 4; do python3 -c "import time; x = bytearray(80_000_000); time.sleep(9)" & done; wait';
      for (const script of [many, 'head -c 300M /dev/zero > /tmp/x']) {
        const { exitCode, stderr } = await bench.run(['--memory', '200M'], script);
        expect([exitCode, stderr]).toEqual([137, expect.stringContaining('more memory than 200 MB')]);
      }
    });

    test('leaves the limit of processes as it is', async () => {
      const script = 'for i in $(seq 100); do sleep 5 & done; wait';
      const { exitCode, stderr } = await bench.run(['--memory', '1G', '--processes', '50'], script);
      expect([exitCode, stderr]).toEqual([137, expect.stringContaining('more than 50 processes')]);
    });
  });

  test('/tmp and /dev/shm hold no more than was said', async () => {
    const script =
      'for f in /tmp/x /dev/shm/x; do head -c 3M /dev/zero > $f || stat -c %s $f; done 2>/dev/null';
    const { stdout } = await bench.run(['--tmp-size', '1Mi'], script);
    expect(stdout).toBe('1048576\n1048576\n');
    expect((await bench.run([], `${script}; echo all`)).stdout).toBe('all\n');
  });
});

describe("the job's umask", () => {
  test.each(['000', '077'])(
    '%s is not the one of the build, nor does it show in what it finds',
    async (umask) => {
      bench.prefix = ['sh', '-c', `umask ${umask}; exec "$@"`, 'sh'];
      const { exitCode, stdout, stderr } = await bench.run(
        ['--outputs', 'made/deep/out', '--record', 'r.json'],
        'umask; stat -c %a made made/deep in.txt; echo x > made/deep/out; stat -c %a made/deep/out',
      );
      expect([exitCode, stdout]).toEqual([0, '0022\n755\n755\n644\n644\n']);
      expect(stderr).toContain('built');
      bench.prefix = [];
    },
  );
});

describe('platform', () => {
  test('a property and the features of the processor are part of the action', async () => {
    const digest = async (...flags: string[]) => (await bench.record(flags, 'true')).record.actionDigest;
    const plain = await digest();
    const given = await digest('--platform', 'pool=big');
    const isa = await digest('--platform', 'isa');
    expect(new Set([plain, given, isa, await digest('--platform', 'pool=small')]).size).toBe(4);
    expect(await digest('--platform', 'isa', '--platform', 'pool=big')).toBe(
      await digest('--platform', 'pool=big', '--platform', 'isa'),
    );
    expect((await bench.record(['--platform', 'isa'], 'true')).record.result).toBe('hit');
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

describe('in a container that masks parts of /proc', () => {
  const masked = [
    'mount -t proc proc /proc',
    'mount -t tmpfs -o ro tmpfs /proc/bus',
    'mount --bind /dev/null /proc/keys',
    'exec "$@"',
  ].join(' && ');

  test('a build runs, where root may mount a whole one', async () => {
    if (process.getuid?.() !== 0) return;
    bench.prefix = ['unshare', '--mount', '--pid', '--fork', 'sh', '-c', masked, 'sh'];
    const { exitCode, stdout, stderr } = await bench.run(
      [],
      'ls /proc | grep -c "^1$"; ls /proc/bus; cat in.txt',
    );
    expect([exitCode, stdout, stderr]).toEqual([0, '1\nx', expect.stringContaining('built')]);
    bench.prefix = [];
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
