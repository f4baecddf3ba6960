import { describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Machine } from '../../src/machine.js';
import { hostRootfs } from '../../src/rootfs/host-rootfs.js';
import type { Rootfs } from '../../src/rootfs/rootfs.js';
import { emptyMemory } from './fake-machine.js';

/** Programs that a machine may have, with what they answer when they find all they need. */
const PROGRAMS: Readonly<Record<string, readonly string[]>> = {
  sh: ['-c', 'test -x /bin/sh && test -d /lib'],
  node: ['--eval', 'process.exit(0)'],
  python3: ['-c', 'import ssl, zlib; ssl.create_default_context()'],
  gcc: ['--version'],
  cc: ['--version'],
  make: ['--version'],
  git: ['--version'],
  perl: ['-e', 'use POSIX; exit 0'],
  go: ['version'],
  cargo: ['--version'],
  rustc: ['--version'],
  java: ['-version'],
  javac: ['-version'],
};

function machineHere(): Machine {
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) if (value !== undefined) environment[name] = value;
  return {
    workspace: process.cwd(),
    home: homedir(),
    temporary: tmpdir(),
    userCache: join(homedir(), '.cache'),
    programs: '/opt/buildbox-action/dist',
    toolCache: environment.RUNNER_TOOL_CACHE,
    path: (environment.PATH ?? '').split(':'),
    image: undefined,
    environment,
    builder: 'test',
    uid: process.getuid?.() ?? 0,
    gid: process.getgid?.() ?? 0,
  };
}

/** What bubblewrap needs to make the root: the same mounts and links that the input root names. */
function sandboxArguments(rootfs: Rootfs): string[] {
  return [
    ...['--unshare-user', '--unshare-pid', '--unshare-net', '--die-with-parent', '--clearenv'],
    ...rootfs.binds.flatMap(({ source, target }) => ['--ro-bind', source, target]),
    ...rootfs.links.flatMap(({ path, target }) => ['--symlink', target, path]),
    ...['--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp', '--setenv', 'HOME', '/tmp'],
    ...Object.entries({ ...rootfs.environment, PATH: rootfs.path.join(':') }).flatMap((pair) => [
      '--setenv',
      ...pair,
    ]),
  ];
}

function sandboxStarts(): boolean {
  try {
    execFileSync('bwrap', ['--unshare-user', '--unshare-net', '--ro-bind', '/', '/', 'true'], {
      stdio: 'ignore',
    });
    return true;
  } catch {
    return false;
  }
}

/** What does not work on this machine, as a rustup without a toolchain, need not work in the sandbox. */
function worksOutside(program: string): boolean {
  try {
    execFileSync(program, PROGRAMS[program] ?? [], { stdio: 'ignore', timeout: 30_000 });
    return true;
  } catch {
    return false;
  }
}

const describeWithSandbox = sandboxStarts() ? describe : describe.skip;

describeWithSandbox('in a sandbox made of this machine', () => {
  const rootfs = emptyMemory().then((memory) =>
    hostRootfs({
      machine: machineHere(),
      hostPaths: [],
      network: 'off',
      memory,
      ownPackages: [],
      signal: new AbortController().signal,
    }),
  );

  async function run(...argv: string[]): Promise<string> {
    return execFileSync('bwrap', [...sandboxArguments(await rootfs), ...argv], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 30_000,
    });
  }

  test.each(Object.keys(PROGRAMS).filter(worksOutside))('%s works', async (program) => {
    await run(program, ...(PROGRAMS[program] ?? []));
  });

  test('neither the home folder nor secrets of the machine are there', async () => {
    const seen = await run('sh', '-c', 'ls -a /etc "$0" 2>/dev/null; true', homedir());
    const names = seen.split('\n');
    for (const name of [
      'shadow',
      'gshadow',
      'machine-id',
      '.ssh',
      '.npmrc',
      '.bashrc',
      '.profile',
      '.netrc',
    ]) {
      expect(names).not.toContain(name);
    }
  });

  test('nothing of the host can be written', async () => {
    const { binds } = await rootfs;
    const folders = binds.filter((bind) => bind.kind === 'directory').map((bind) => bind.target);
    const script = 'for folder; do if touch "$folder/probe" 2>/dev/null; then echo "$folder"; fi; done';
    expect(await run('sh', '-c', script, 'sh', ...folders)).toBe('');
  });

  test('every mount is a real path of the host', async () => {
    for (const { source, target } of (await rootfs).binds) {
      expect(execFileSync('realpath', [source], { encoding: 'utf8' }).trim()).toBe(source);
      expect(target).toMatch(/^\/[^:]+$/);
    }
  });
});
