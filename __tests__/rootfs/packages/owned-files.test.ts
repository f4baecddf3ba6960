import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { gzipSync } from 'node:zlib';
import { parseApkFiles } from '../../../src/rootfs/packages/apk-files.js';
import { dpkgFiles } from '../../../src/rootfs/packages/dpkg-files.js';
import { OwnedFiles, type PackageFiles } from '../../../src/rootfs/packages/owned-files.js';
import { pacmanFiles } from '../../../src/rootfs/packages/pacman-files.js';
import { parseRpmFiles } from '../../../src/rootfs/packages/rpm-files.js';
import { FakeMachine } from '../fake-machine.js';

const SHA256 = 'a'.repeat(64);

let machine: FakeMachine;
beforeEach(async () => {
  machine = await FakeMachine.make();
});
afterEach(() => machine.remove());

/** What is said of one file of the first package. */
function saidOf(packages: readonly PackageFiles[], path: string) {
  const [files] = packages;
  return [files?.name, files?.paths.includes(path), files?.checksums().get(path)];
}

test('dpkg names its files and their MD5', async () => {
  await machine.install('make:amd64', { '/usr/bin/make': 'make' });
  const md5 = { algorithm: 'md5', hex: '099dafc678df7d266c25f95ccf6cde22' };
  expect(saidOf(dpkgFiles({ root: machine.root }), '/usr/bin/make')).toEqual(['make', true, md5]);
});

test('apk names its files and their SHA-1', () => {
  const [files, ...rest] = parseApkFiles(
    'P:make\nt:1700000000\nF:usr/bin\nR:make\na:0:0:755\nZ:Q12jmj7l5rSw0yVb/vlWAYkK/YBwk=\n\nP:empty\n\n',
  );
  const sha1 = { algorithm: 'sha1', hex: 'da39a3ee5e6b4b0d3255bfef95601890afd80709' };
  expect(saidOf(files === undefined ? [] : [files], '/usr/bin/make')).toEqual(['make', true, sha1]);
  expect(files?.installed.mtimeMs).toBe(1_700_000_000_000);
  expect(rest.map(({ name }) => name)).toEqual(['empty']);
});

test('pacman names its files and their SHA-256', async () => {
  const folder = '/var/lib/pacman/local/make-4.4-1';
  await machine.write(
    `${folder}/files`,
    '%FILES%\nusr/\nusr/bin/\nusr/bin/make tool\n\n%BACKUP%\netc/x\tabc\n',
  );
  const mtree = `#mtree\n/set type=file\n./usr/bin/make\\040tool time=1.0 size=5 sha256digest=${SHA256}\n`;
  await machine.write(`${folder}/mtree`, gzipSync(mtree));
  const found = pacmanFiles({ root: machine.root });
  const sha256 = { algorithm: 'sha256', hex: SHA256 };
  expect(saidOf(found, '/usr/bin/make tool')).toEqual(['make', true, sha256]);
  expect(found[0]?.paths).toEqual(['/usr', '/usr/bin', '/usr/bin/make tool']);
});

test('rpm names its files and their digests', () => {
  const found = parseRpmFiles(
    `P make 1700000000\nF ${SHA256} /usr/bin/make tool\nF  /usr/share/make\nP empty 1\n`,
  );
  const sha256 = { algorithm: 'sha256', hex: SHA256 };
  expect(saidOf(found, '/usr/bin/make tool')).toEqual(['make', true, sha256]);
  expect(found[0]?.paths).toContain('/usr/share/make');
  expect(found[0]?.installed.mtimeMs).toBe(1_700_000_000_000);
});

test('a file in /bin is one in /usr/bin where these are one folder', () => {
  const sums = new Map([['/bin/sh', { algorithm: 'md5', hex: 'abc' } as const]]);
  const files = {
    name: 'dash',
    installed: { mtimeMs: 0, ctimeMs: 0 },
    paths: ['/bin/sh'],
    checksums: () => sums,
  };
  const owned = new OwnedFiles({ root: machine.root }, [files]);
  const owner = owned.in('/usr/bin').get('sh');
  expect(owner?.files.name).toBe('dash');
  expect(owner && owned.checksumOf(owner, '/usr/bin/sh')?.hex).toBe('abc');
  expect(owned.in('/bin').size).toBe(0);
});

test('a folder of several packages counts when one of them does', () => {
  const of = (name: string) => ({
    ...{ name, paths: ['/usr/lib/x'], checksums: () => new Map() },
    installed: { mtimeMs: 0, ctimeMs: 0 },
  });
  for (const names of [
    ['fuse3', 'gcc'],
    ['gcc', 'fuse3'],
  ]) {
    const owned = new OwnedFiles({ root: machine.root }, names.map(of), (name) => name !== 'fuse3');
    expect(owned.in('/usr/lib').get('x')?.counts).toBe(true);
  }
});
