import { describe, expect, test } from '@jest/globals';
import type { AptEntry } from '../../../src/tools/packages/apt-sources.js';
import { type AptFacts, buildBoxRepository, ownRepository } from '../../../src/tools/packages/repository.js';

const entry = (uri: string, suite: string, signedBy?: string, components = ['main']): AptEntry => ({
  uris: [uri],
  suites: suite.split(' '),
  components,
  signedBy,
});
const os = (id: string, versionId: string, codename: string) => ({
  id,
  versionId,
  codename,
  title: `${id} ${versionId}`,
});

const DEBIAN: AptFacts = {
  os: os('debian', '12', 'bookworm'),
  entries: [
    entry('https://packages.example/debian/12/prod', 'bookworm', '/usr/share/keyrings/vendor.gpg'),
    entry('https://node.example/x', 'nodistro', '/usr/share/keyrings/node.gpg'),
    entry(
      'http://mirror.example/debian-security',
      'bookworm-security',
      '/usr/share/keyrings/debian-archive-keyring.gpg',
    ),
    entry(
      'http://mirror.example/debian',
      'bookworm bookworm-updates',
      '/usr/share/keyrings/debian-archive-keyring.gpg',
    ),
  ],
  debianKeyring: '/k/debian',
  ubuntuKeyring: undefined,
};
const UBUNTU: AptFacts = {
  os: os('ubuntu', '24.04', 'noble'),
  entries: [
    entry(
      'mirror+file:/etc/apt/apt-mirrors.txt',
      'noble noble-updates noble-backports',
      '/usr/share/keyrings/ubuntu-archive-keyring.gpg',
    ),
  ],
  debianKeyring: undefined,
  ubuntuKeyring: '/k/ubuntu',
};
const UBUNTU_26: AptFacts = {
  ...UBUNTU,
  os: os('ubuntu', '26.04', 'resolute'),
  entries: [entry('http://a.example/ubuntu/', 'resolute')],
};
const SID = {
  uris: ['http://mirror.example/debian'],
  suite: 'sid',
  components: ['main'],
  keyring: '/k/debian',
};

describe('where buildbox is', () => {
  test.each<[string, AptFacts, object]>([
    ['Debian: unstable of its own mirror', DEBIAN, SID],
    [
      'Debian with unbound entries: the address tells',
      {
        ...DEBIAN,
        entries: [
          entry('https://packages.example/prod', 'bookworm'),
          entry('http://mirror.example/debian', 'bookworm'),
        ],
      },
      SID,
    ],
    [
      'Debian with a mirror list',
      { ...DEBIAN, entries: [entry('mirror+file:/etc/apt/mirrors/debian.list', 'bookworm')] },
      { ...SID, uris: ['mirror+file:/etc/apt/mirrors/debian.list'] },
    ],
    [
      'Debian without its keyring',
      { ...DEBIAN, debianKeyring: undefined },
      { declined: expect.stringContaining('debian-archive-keyring') },
    ],
    [
      'Debian with foreign sources only',
      { ...DEBIAN, entries: DEBIAN.entries.slice(0, 2) },
      { declined: expect.stringContaining('no Debian mirror') },
    ],
    [
      'Ubuntu that has it',
      UBUNTU_26,
      {
        uris: ['http://a.example/ubuntu/'],
        suite: 'resolute',
        components: ['main', 'universe'],
        keyring: '/k/ubuntu',
      },
    ],
    [
      'Ubuntu that does not',
      UBUNTU,
      { declined: 'ubuntu 24.04 is set up with no Debian mirror that has it' },
    ],
    [
      'Ubuntu that does not, set up with a Debian mirror',
      {
        ...UBUNTU,
        debianKeyring: '/k/debian',
        entries: [
          ...UBUNTU.entries,
          entry('http://mirror.example/debian', 'sid', '/usr/share/keyrings/debian-archive-keyring.gpg'),
        ],
      },
      SID,
    ],
  ])('%s', (_, facts, expected) => {
    expect(buildBoxRepository(facts)).toEqual(expected);
  });
});

describe("the machine's own archive", () => {
  test.each<[string, AptFacts, object]>([
    ['Debian', DEBIAN, { ...SID, suite: 'bookworm' }],
    [
      'Ubuntu by a mirror list',
      UBUNTU,
      {
        uris: ['mirror+file:/etc/apt/apt-mirrors.txt'],
        suite: 'noble',
        components: ['main'],
        keyring: '/k/ubuntu',
      },
    ],
    [
      'Ubuntu 22.04 by a mirror list in the one-line style',
      {
        ...UBUNTU,
        os: os('ubuntu', '22.04', 'jammy'),
        entries: [entry('mirror+file:/m', 'jammy'), entry('mirror+file:/m', 'jammy-updates')],
      },
      { uris: ['mirror+file:/m'], suite: 'jammy', components: ['main'], keyring: '/k/ubuntu' },
    ],
    [
      'no keyring',
      { ...UBUNTU, ubuntuKeyring: undefined },
      { declined: 'the archive keyring of ubuntu 24.04 is not installed' },
    ],
    [
      'no mirror',
      { ...UBUNTU, entries: [] },
      { declined: 'ubuntu 24.04 is set up with no mirror of its own' },
    ],
  ])('%s', (_, facts, expected) => {
    expect(ownRepository(facts)).toEqual(expected);
  });
});
