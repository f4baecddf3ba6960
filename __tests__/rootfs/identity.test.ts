import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { utimes } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { emptyMemory, FakeMachine, STATUS } from './fake-machine.js';

const NODE = '/opt/hostedtoolcache/node/22.1.0/x64';
const SETTLED = 150;

let machine: FakeMachine;
beforeEach(async () => {
  machine = await FakeMachine.make();
});
afterEach(() => machine.remove());

async function identity(): Promise<string> {
  return (await machine.rootfs()).identity;
}

function packageOf(name: string, state = 'install ok installed'): string {
  return `\nPackage: ${name}\nStatus: ${state}\nArchitecture: amd64\nVersion: 1\n`;
}

test('the identity is one word that buildbox-run can take before a colon', async () => {
  expect(await identity()).toMatch(/^host-[0-9a-f]{64}$/);
});

test('another machine with the same image has the same identity', async () => {
  const other = await FakeMachine.make();
  try {
    const long = new Date('2020-01-01');
    await utimes(other.at('/usr/local/bin/tool'), long, long);
    await utimes(other.at(NODE), long, long);
    const [one, two] = [await machine.rootfs(), await other.rootfs({ uid: 0, gid: 0, builder: 'another' })];
    expect(two.parts).toEqual(one.parts);
    expect(two.identity).toBe(one.identity);
  } finally {
    await other.remove();
  }
});

describe('changes with', () => {
  const changes: Record<string, () => Promise<void>> = {
    'an upgraded package': () => machine.write('/var/lib/dpkg/status', STATUS.replace('12.2.0', '12.3.0')),
    'one more package': () => machine.write('/var/lib/dpkg/status', STATUS + packageOf('cmake')),
    'the distribution': () => machine.write('/usr/lib/os-release', 'ID=debian\nVERSION_ID="13"\n'),
    'the content of a file in /usr/local/bin': () =>
      machine.write('/usr/local/bin/tool', '#!/bin/sh\necho 2\n', 0o755),
    'a file in /usr/local/bin that is no longer executable': () =>
      machine.write('/usr/local/bin/tool', '#!/bin/sh\necho 1\n', 0o644),
    'a new file in /usr/local/bin': () => machine.write('/usr/local/bin/other', '', 0o755),
    'a header in /usr/local': () => machine.write('/usr/local/include/x.h', ''),
    'the content of a program of a tool-cache entry': () =>
      machine.write(`${NODE}/bin/node`, 'PROGRAM', 0o755),
    'the content of a library of a tool-cache entry': () =>
      machine.write(`${NODE}/lib/library.js`, 'LIBRARY'),
    'a program put into /usr/bin by hand': () => machine.write('/usr/bin/by-hand', 'x', 0o755),
    'a certificate': () => machine.write('/etc/ssl/certs/other.pem', 'certificate'),
    'an alternative': () => machine.link('/etc/alternatives/cc', '/usr/bin/gcc'),
  };
  test.each(Object.keys(changes))('%s', async (name) => {
    const before = await identity();
    await changes[name]?.();
    expect(await identity()).not.toBe(before);
  });

  test('the version of the image', async () => {
    const other = await machine.rootfs({ image: 'ubuntu24 20260108.1' });
    expect(other.identity).not.toBe(await identity());
  });

  test('another version of a tool on PATH', async () => {
    const before = await identity();
    await machine.write('/opt/hostedtoolcache/node/22.2.0/x64/bin/node', 'program', 0o755);
    expect(await identity()).toBe(before);
    const path = ['/opt/hostedtoolcache/node/22.2.0/x64/bin'];
    expect((await machine.rootfs({ path })).identity).not.toBe(before);
  });
});

describe('does not change with', () => {
  const changes: Record<string, () => Promise<void>> = {
    'what the sandbox itself needs': async () => {
      const status =
        STATUS + ['bubblewrap', 'fuse3', 'libfuse3-3', 'buildbox'].map((name) => packageOf(name)).join('');
      await machine.write('/var/lib/dpkg/status', status);
      await machine.write('/usr/bin/bwrap', 'x', 0o755);
      await machine.write('/usr/bin/fusermount3', 'x', 0o755);
    },
    'a package that waits for a trigger': () =>
      machine.write(
        '/var/lib/dpkg/status',
        STATUS.replace('install ok installed', 'install ok triggers-pending'),
      ),
    'a package that was removed but for its settings': () =>
      machine.write('/var/lib/dpkg/status', STATUS + packageOf('old', 'deinstall ok config-files')),
    'byte code that Python keeps beside its modules': () =>
      machine.write(`${NODE}/lib/__pycache__/module.cpython-312.pyc`, String(Math.random())),
    'the cache of the loader': () => machine.write('/etc/ld.so.cache', String(Math.random())),
    'the resolver': () => machine.write('/etc/resolv.conf', 'nameserver 192.0.2.1\n'),
    'the name of the machine and its accounts': async () => {
      await machine.write('/etc/hostname', 'other');
      await machine.write('/etc/passwd', 'root:x:0:0::/:/bin/sh\n');
      await machine.write('/etc/machine-id', 'other');
    },
    'the marker of a tool-cache entry': () => machine.remove('/opt/hostedtoolcache/node/22.1.0/x64.complete'),
    'the checkout': () => machine.write('/home/runner/work/project/project/main.c', 'int main;'),
  };
  test.each(Object.keys(changes))('%s', async (name) => {
    await machine.write('/etc/ld.so.cache', 'cache');
    const before = await identity();
    await changes[name]?.();
    expect(await identity()).toBe(before);
  });

  test('a cache folder among the tools', async () => {
    const excluded = ['/usr/local/cache-dir'];
    await machine.write('/usr/local/cache-dir/one', 'x');
    const before = await machine.rootfs({ excluded });
    await machine.write('/usr/local/cache-dir/two', 'x');
    expect((await machine.rootfs({ excluded })).identity).toBe(before.identity);
    await expect(machine.rootfs({ excluded, hostPaths: ['/usr/local'] })).rejects.toThrow(/cache-dir/);
  });

  test('a package that this action installed, and its programs', async () => {
    const before = await identity();
    await machine.write('/var/lib/dpkg/status', STATUS + packageOf('uidmap'));
    await machine.write('/var/lib/dpkg/info/uidmap.list', '/.\n/usr\n/usr/bin/newuidmap\n');
    await machine.write('/usr/bin/newuidmap', 'x', 0o755);
    expect((await machine.rootfs({ ownPackages: ['uidmap'] })).identity).toBe(before);
    expect((await machine.rootfs()).identity).not.toBe(before);
  });
});

describe('with a memory of the last run', () => {
  test('it is the same, and a change is still noticed', async () => {
    const file = machine.at('/memory.json');
    const remembered = async () => {
      await setTimeout(SETTLED);
      const memory = await emptyMemory(file);
      const rootfs = await machine.rootfs({ memory });
      await memory.save();
      return rootfs;
    };
    const cold = await remembered();
    expect(await remembered()).toEqual(cold);
    const changes = [
      () => machine.write('/usr/local/bin/tool', '#!/bin/sh\necho 2\n', 0o755),
      () => machine.write(`${NODE}/lib/library.js`, 'LIBRARY'),
      () => machine.write('/var/lib/dpkg/status', STATUS + packageOf('cmake')),
      () => machine.write('/etc/ssl/certs/ca.pem', 'CERTIFICATE'),
      () => machine.write('/usr/bin/by-hand', 'x', 0o755),
    ];
    let before = cold.identity;
    for (const change of changes) {
      await change();
      const after = await remembered();
      expect(after.identity).not.toBe(before);
      expect(after).toEqual(await machine.rootfs());
      before = after.identity;
    }
  });
});
