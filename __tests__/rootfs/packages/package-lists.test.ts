import { describe, expect, test } from '@jest/globals';
import { parseApk, parseDpkg, parsePacman, parseRpm } from '../../../src/rootfs/packages/package-lists.js';
import { isOfTheToolchain } from '../../../src/rootfs/packages/packages.js';

test('dpkg: what is installed, whatever state its settings are in', () => {
  const states = [
    'install ok installed',
    'hold ok installed',
    'install ok unpacked',
    'install ok half-configured',
    'install ok triggers-awaited',
    'install ok triggers-pending',
    'deinstall ok config-files',
    'install reinstreq half-installed',
    'purge ok not-installed',
  ];
  const paragraphs = states.map(
    (state, i) =>
      `Package: p${i}\nEssential: yes\nStatus: ${state}\nDescription: Version: 9\n Status: of no interest\nArchitecture: amd64\nVersion: 1:${i}-1\n`,
  );
  expect(parseDpkg(paragraphs.join('\n'))).toEqual(
    [0, 1, 2, 3, 4, 5].map((i) => ({ name: `p${i}`, architecture: 'amd64', version: `1:${i}-1` })),
  );
  expect(parseDpkg('')).toEqual([]);
});

test('apk', () => {
  const text =
    'C:Q1abc=\nP:musl\nV:1.2.5-r0\nA:x86_64\nF:lib\nR:libc.so\n\nC:Q1\nP:gcc\nV:14-r1\nA:x86_64\n\n';
  expect(parseApk(text)).toEqual([
    { name: 'musl', architecture: 'x86_64', version: '1.2.5-r0', contents: 'Q1abc=' },
    { name: 'gcc', architecture: 'x86_64', version: '14-r1', contents: 'Q1' },
  ]);
});

test('pacman', () => {
  expect(parsePacman(['ALPM_DB_VERSION', 'gcc-libs-14.1.1+r1-1', 'make-4.4.1-2'])).toEqual([
    { name: 'gcc-libs', architecture: 'any', version: '14.1.1+r1-1' },
    { name: 'make', architecture: 'any', version: '4.4.1-2' },
  ]);
});

test('rpm, without the keys that it keeps as packages', () => {
  expect(parseRpm('gcc x86_64 14.1-1.fc40\ngpg-pubkey (none) 1-2\nglibc i686 2.39-1\n')).toEqual([
    { name: 'gcc', architecture: 'x86_64', version: '14.1-1.fc40' },
    { name: 'glibc', architecture: 'i686', version: '2.39-1' },
  ]);
});

describe('a package counts', () => {
  test.each([
    ['gcc', true],
    ['libfuse3-dev', true],
    ['libfuse-dev', true],
    ['fuse-overlayfs', true],
    ['bubblewrap', false],
    ['fuse3', false],
    ['fuse3-libs', false],
    ['fuse-common', false],
    ['libfuse3-3', false],
    ['libfuse3-4', false],
    ['buildbox', false],
    ['buildbox-casd', false],
    ['installed-by-us', false],
  ])('%s: %s', (name, counts) => {
    expect(isOfTheToolchain(name, ['installed-by-us'])).toBe(counts);
  });
});
