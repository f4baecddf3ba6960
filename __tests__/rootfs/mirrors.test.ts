import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { FakeMachine } from './fake-machine.js';

let machine: FakeMachine;
beforeEach(async () => {
  machine = await FakeMachine.make();
});
afterEach(() => machine.remove());

const SETTINGS = {
  '/etc/pip.conf': '[global]\nindex-url = https://mirror.example.org/simple\n',
  '/etc/xdg/pip/pip.conf': '[global]\ntimeout = 60\n',
  '/etc/npmrc': 'registry=https://mirror.example.org/npm/\n',
  '/etc/gitconfig': '[url "https://mirror.example.org/"]\n\tinsteadOf = https://github.com/\n',
  '/etc/maven/settings.xml':
    '<?xml version="1.0"?>\n<settings>\n<!--\n<password>repopwd</password>\n-->\n<mirrors><mirror><url>https://mirror.example.org/maven</url></mirror></mirrors></settings>',
  '/etc/opt/NuGet/Config/company.config':
    '<configuration><packageSources><add key="mirror" value="https://mirror.example.org/nuget" /></packageSources></configuration>',
};

beforeEach(async () => {
  for (const [path, content] of Object.entries(SETTINGS)) await machine.write(path, content);
});

async function look(network: 'off' | 'on' = 'on') {
  const { binds, withheld, identity } = await machine.rootfs({ network });
  const targets = binds.map(({ target }) => target);
  return { shown: targets.filter((path) => path in SETTINGS).sort(), withheld, identity };
}

test('where package managers fetch from is shown with the network, and is part of the toolchain', async () => {
  const on = await look();
  expect(on).toMatchObject({ shown: Object.keys(SETTINGS).sort(), withheld: [] });
  const off = await look('off');
  expect(off).toMatchObject({ shown: [], withheld: [] });

  await machine.write('/etc/pip.conf', '[global]\npre = true\n');
  expect((await look()).identity).not.toBe(on.identity);
  expect((await look('off')).identity).toBe(off.identity);
});

describe('settings that hold a secret are withheld', () => {
  test.each([
    ['/etc/pip.conf', '[global]\nindex-url = https://user:hunter2@mirror.example.org/simple\n'],
    ['/etc/npmrc', '//mirror.example.org/:_authToken=hunter2\n'],
    [
      '/etc/gitconfig',
      '[http "https://mirror.example.org/"]\n\textraHeader = Authorization: Basic aHVudGVyMg==\n',
    ],
    [
      '/etc/maven/settings.xml',
      '<settings><servers><server><password>hunter2</password></server></servers></settings>',
    ],
    [
      '/etc/maven/settings.xml',
      '<settings><mirror><url>https://user:hunter2@mirror.example.org</url></mirror></settings>',
    ],
    [
      '/etc/opt/NuGet/Config/company.config',
      '<configuration><mirror><add key="ClearTextPassword" value="hunter2" /></mirror></configuration>',
    ],
  ])('%s: %s', async (path, content) => {
    await machine.write(path, content);
    const { shown, withheld } = await look();
    expect(shown).toEqual(
      Object.keys(SETTINGS)
        .filter((name) => name !== path)
        .sort(),
    );
    expect(withheld).toEqual([path]);
  });

  test('as are such that are not for everybody, or are no settings at all', async () => {
    await machine.write('/etc/pip.conf', '[global]\n', 0o600);
    await machine.write('/etc/npmrc', `x=${'y'.repeat(300_000)}`);
    expect((await look()).withheld).toEqual(['/etc/npmrc', '/etc/pip.conf']);
  });
});
