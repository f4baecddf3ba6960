import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { chmod } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { InputError } from '../../src/errors.js';
import { emptyMemory, FakeMachine } from './fake-machine.js';

let machine: FakeMachine;
beforeEach(async () => {
  machine = await FakeMachine.make();
  await machine.write('/srv/data/model.bin', 'model');
  await machine.write('/srv/data/deep/er/file', 'deep');
});
afterEach(() => machine.remove());

describe('a host path is refused when it is', () => {
  test.each([
    ['relative', 'srv/data', /absolute/],
    ['empty', '', /absolute/],
    ['absent', '/srv/nothing', /exists/],
    ['the whole machine', '/', /holds \/home/],
    ['the home folder', '/home/runner', /home\/runner/],
    ['a folder above the home folder', '/home', /home\/runner/],
    ['the same by another name', '/srv/../home/', /home\/runner/],
    ['a link to it', '/srv/home', /home\/runner/],
    ['the checkout', '/home/runner/work/project/project', /project/],
    ['the cache', '/home/runner/.cache', /\.cache/],
    ['all of /etc', '/etc', /secrets/],
    ['/tmp', '/tmp', /own/],
    ['below /tmp', '/tmp/x', /own/],
    ['/proc', '/proc', /own/],
    ['a file that the sandbox writes', '/etc/passwd', /own/],
    ['a path that buildbox-run cannot take', '/srv/a:b', /colon/],
    ['/run', '/run/x', /own/],
    ['the place of the checkout inside', '/workspace', /own/],
  ])('%s', async (_, path, wanted) => {
    for (const folder of ['/tmp/x', '/proc', '/run/x', '/workspace']) await machine.folder(folder);
    for (const file of ['/etc/passwd', '/srv/a:b']) await machine.write(file, 'x');
    await machine.link('/srv/home', '/home/runner');
    const refused = machine.rootfs({ hostPaths: [path] });
    await expect(refused).rejects.toThrow(InputError);
    await expect(refused).rejects.toMatchObject({ input: 'host-paths', value: path });
    await expect(refused).rejects.toThrow(wanted);
  });
});

test('a folder and a file are shown at their own paths, each once', async () => {
  await machine.write('/etc/special.conf', 'x');
  await machine.link('/srv/link', 'data');
  const { binds, links, parts } = await machine.rootfs({
    hostPaths: ['/srv/data/', '/etc/special.conf', '/srv/data/deep', '/srv/link', '/usr/lib'],
  });
  const targets = binds.filter(({ target }) => /srv|special|usr/.test(target));
  expect(targets).toEqual([
    { source: machine.at('/etc/special.conf'), target: '/etc/special.conf', kind: 'file' },
    { source: machine.at('/srv/data'), target: '/srv/data', kind: 'directory' },
    { source: machine.at('/usr'), target: '/usr', kind: 'directory' },
  ]);
  expect(links).toContainEqual({ path: '/srv/link', target: 'data' });
  expect(Object.keys(parts).filter((name) => name.startsWith('host-path:'))).toEqual([
    'host-path:/etc/special.conf',
    'host-path:/srv/data',
    'host-path:/srv/data/deep',
    'host-path:/srv/link',
    'host-path:/usr/lib',
  ]);
});

describe('its whole content is part of the identity', () => {
  const hostPaths = ['/srv/data'];
  const changes: Record<string, () => Promise<void>> = {
    'another content of the same size': () => machine.write('/srv/data/model.bin', 'MODEL'),
    'a content far down': () => machine.write('/srv/data/deep/er/file', 'DEEP'),
    'an executable bit': () => chmod(machine.at('/srv/data/model.bin'), 0o755),
    'an empty folder': () => machine.folder('/srv/data/empty'),
    'a link': () => machine.link('/srv/data/link', 'model.bin'),
  };
  test.each(Object.keys(changes))('%s', async (name) => {
    const file = machine.at('/memory.json');
    const run = async () => {
      await setTimeout(150);
      const memory = await emptyMemory(file);
      const { identity } = await machine.rootfs({ hostPaths, memory });
      await memory.save();
      return identity;
    };
    const before = await run();
    expect(await run()).toBe(before);
    await changes[name]?.();
    expect(await run()).not.toBe(before);
  });
});

test('a folder above the home folder inside is refused where it holds nobody’s', async () => {
  await machine.folder('/root');
  const around = { home: '/root', workspace: '/srv/checkout', userCache: '/root/.cache', temporary: '/tmp' };
  await expect(machine.rootfs({ ...around, hostPaths: ['/home'] })).rejects.toThrow(/its own \/home\/build/);
});

test('an abort ends the reading', async () => {
  const signal = AbortSignal.abort(new Error('stop'));
  await expect(machine.rootfs({ hostPaths: ['/srv/data'], signal })).rejects.toThrow('stop');
});
