import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { utimes } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { emptyMemory, FakeMachine } from './fake-machine.js';

const SETTLED = 150;
const LONG_AGO = new Date('2020-01-01');
const MODULE = '/usr/lib/node_modules/tool/package.json';
const PYTHON = '/usr/lib/python3/dist-packages';

let machine: FakeMachine;
let memoryFile: string;
beforeEach(async () => {
  machine = await FakeMachine.make();
  memoryFile = machine.at('/memory.json');
  await machine.install('gcc', {
    '/usr/bin/gcc': 'gcc',
    '/usr/lib/gcc/cc1': 'cc1',
    '/usr/lib/libgcc.so.1': 'libgcc',
    '/usr/include/stdio.h': 'int printf();',
  });
});
afterEach(() => machine.remove());

/** On a machine that knows nothing yet. */
async function fresh(): Promise<string> {
  return (await machine.rootfs()).identity;
}

/** On a machine that has built before. */
async function remembered(): Promise<string> {
  await setTimeout(SETTLED);
  const memory = await emptyMemory(memoryFile);
  const { identity } = await machine.rootfs({ memory });
  await memory.save();
  return identity;
}

/** Writes over a file as `cp` and `curl -o` do: it stays the same inode. */
function overwrite(path: string, text: string): Promise<void> {
  return machine.write(path, text, 0o755);
}

interface Change {
  readonly before?: () => Promise<void>;
  readonly change: () => Promise<void>;
}

describe('is another toolchain, with a memory and without', () => {
  const changes: Record<string, Change> = {
    'a module of `npm i -g` with prefix /usr': {
      before: () => machine.write(MODULE, '{"version":"1.0.0"}'),
      change: () => machine.write(MODULE, '{"version":"2.0.0"}'),
    },
    'a module deep in another': {
      before: () =>
        machine.write('/usr/lib/node_modules/a/node_modules/b/package.json', '{"version":"1.0.0"}'),
      change: () =>
        machine.write('/usr/lib/node_modules/a/node_modules/b/package.json', '{"version":"2.0.0"}'),
    },
    'a JDK below /usr/lib/jvm': {
      before: () => machine.write('/usr/lib/jvm/jdk/release', 'JAVA_VERSION="21.0.1"'),
      change: () => machine.write('/usr/lib/jvm/jdk/release', 'JAVA_VERSION="21.0.2"'),
    },
    'a package of `pip` for the system': {
      before: () => machine.write(`${PYTHON}/tool/__init__.py`, 'VERSION = 1'),
      change: () => machine.write(`${PYTHON}/tool/__init__.py`, 'VERSION = 2'),
    },
    'a header in /usr/include': { change: () => machine.write('/usr/include/extra/x.h', '#define X 1') },
    'what `locale-gen` makes': {
      before: () => machine.write('/usr/lib/locale/locale-archive', 'de_DE'),
      change: () => machine.write('/usr/lib/locale/locale-archive', 'fr_FR'),
    },
    'a library of `make install` with prefix /usr': {
      before: () => machine.write('/usr/lib/libown.so.1', 'one'),
      change: () => machine.write('/usr/lib/libown.so.1', 'two'),
    },
    'a package of the same version that was built again': {
      change: () =>
        machine.write('/var/lib/dpkg/info/make.md5sums', 'ffffffffffffffffffffffffffffffff  usr/bin/make\n'),
    },
    'a program of a package that was overwritten': { change: () => overwrite('/usr/bin/gcc', 'GCC') },
    'a library of a package that was overwritten': {
      change: () => overwrite('/usr/lib/libgcc.so.1', 'LIBGCC'),
    },
    'a header of a package that was overwritten': {
      change: () => overwrite('/usr/include/stdio.h', 'int PRINTF();'),
    },
    'a file of a package that was taken away': { change: () => machine.remove('/usr/lib/gcc/cc1') },
    'a link in the middle of a chain that was switched': {
      before: async () => {
        for (const version of ['1', '2']) {
          await machine.write(`/opt/tool/${version}/bin/run`, `run ${version}`, 0o755);
          await machine.write(`/opt/tool/${version}/lib/code`, `code ${version}`);
        }
        await machine.link('/opt/tool/current', '1');
        await machine.link('/usr/bin/run', '/opt/tool/current/bin/run');
      },
      change: async () => {
        await machine.remove('/opt/tool/current');
        await machine.link('/opt/tool/current', '2');
      },
    },
    'an alternative of a link in /usr/bin': {
      before: async () => {
        for (const version of ['1', '2']) await machine.write(`/opt/v${version}/bin/run`, 'run', 0o755);
        await machine.link('/etc/alternatives/run', '/opt/v1/bin/run');
        await machine.link('/usr/bin/run', '/etc/alternatives/run');
      },
      change: async () => {
        await machine.remove('/etc/alternatives/run');
        await machine.link('/etc/alternatives/run', '/opt/v2/bin/run');
      },
    },
    'a file of many in /usr/local that was overwritten': {
      before: async () => {
        for (let i = 0; i < 400; i++) await machine.write(`/usr/local/share/data/${1000 + i}`, 'one');
      },
      change: () => overwrite('/usr/local/share/data/1399', 'two'),
    },
    'a module beyond many folders': {
      before: async () => {
        for (let i = 0; i < 700; i++) await machine.folder(`/usr/local/lib/node_modules/m${1000 + i}`);
        await machine.write('/usr/local/lib/node_modules/z/package.json', '{"version":"1.0.0"}');
      },
      change: () => machine.write('/usr/local/lib/node_modules/z/package.json', '{"version":"2.0.0"}'),
    },
  };
  test.each(Object.keys(changes))('%s', async (name) => {
    await changes[name]?.before?.();
    const [before, known] = [await fresh(), await remembered()];
    expect(known).toBe(before);
    await changes[name]?.change();
    const after = await fresh();
    expect(after).not.toBe(before);
    expect(await remembered()).toBe(after);
  });
});

describe('is the same toolchain', () => {
  const changes: Record<string, () => Promise<void>> = {
    'a file of a package that was written again as it was': async () => {
      await overwrite('/usr/bin/gcc', 'gcc');
      await utimes(machine.at('/usr/bin/gcc'), new Date(), new Date(Date.now() + 60_000));
    },
    'a file of a package with another time': () => utimes(machine.at('/usr/bin/gcc'), LONG_AGO, new Date()),
    'byte code of Python': () =>
      machine.write(`${PYTHON}/__pycache__/tool.cpython-312.pyc`, String(Math.random())),
    'a package of the sandbox, with all its files': () =>
      machine.install('fuse3', { '/usr/lib/fuse/plugin.so': 'x', '/usr/sbin/mount.fuse3': 'x' }),
    'documentation that was taken away': () => machine.remove('/usr/share/doc/gcc'),
  };
  test.each(Object.keys(changes))('%s', async (name) => {
    await machine.install('doc', { '/usr/share/doc/gcc/README': 'x' });
    await machine.folder(PYTHON);
    await machine.folder('/usr/lib/fuse');
    const before = await fresh();
    await changes[name]?.();
    expect(await fresh()).toBe(before);
  });
});

test('a file that was diverted is where dpkg put it', async () => {
  await machine.write('/var/lib/dpkg/diversions', '/usr/bin/gcc\n/usr/bin/gcc.real\nwrapper\n');
  await machine.install('wrapper', { '/usr/bin/gcc': 'wrapper' });
  await machine.write('/usr/bin/gcc.real', 'gcc', 0o755);
  const before = await fresh();
  await overwrite('/usr/bin/gcc.real', 'GCC');
  await utimes(machine.at('/usr/bin/gcc.real'), new Date(), new Date(Date.now() + 60_000));
  expect(await fresh()).not.toBe(before);
  await overwrite('/usr/bin/gcc.real', 'gcc');
  await utimes(machine.at('/usr/bin/gcc.real'), new Date(), new Date(Date.now() + 60_000));
  expect(await fresh()).toBe(before);
});
