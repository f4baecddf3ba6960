import type { BuildBoxConfig } from '../../../src/config/config.js';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, readdir, readFile, symlink } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { chooseRelease, fromRelease, programsIn } from '../../../src/tools/buildbox/from-release.js';
import { inTemporaryFolder, makeContext, printsVersion, writeProgram } from '../support.js';

const REQUEST: BuildBoxConfig = { source: 'release', version: undefined, url: undefined, sha256: undefined };
const HASH = 'c'.repeat(64);

describe('which release', () => {
  test.each<[string, Partial<BuildBoxConfig>, string, object]>([
    ['no hash', {}, 'x64', { declined: expect.stringContaining('buildbox-sha256') }],
    [
      'no hash, with an address',
      { url: 'http://h/x.tgz' },
      'x64',
      { declined: expect.stringContaining('buildbox-sha256') },
    ],
    [
      'half a hash',
      { sha256: 'abc' },
      'x64',
      { declined: expect.stringMatching(/buildbox-sha256 is "abc"/) },
    ],
    [
      'the newest',
      { sha256: HASH },
      'x64',
      {
        sha256: HASH,
        url: expect.stringMatching(/releases\/permalink\/latest\/downloads\/buildbox-x86_64-linux-gnu\.tgz$/),
      },
    ],
    [
      'a version',
      { sha256: HASH, version: '1.4.30' },
      'x64',
      { sha256: HASH, url: expect.stringMatching(/releases\/1\.4\.30\/downloads\//) },
    ],
    [
      'another architecture',
      { sha256: HASH },
      'arm64',
      { declined: expect.stringMatching(/arm64.*buildbox-url/) },
    ],
    [
      'an address',
      { sha256: HASH.toUpperCase(), url: 'http://h/x.tgz' },
      'arm64',
      { sha256: HASH, url: 'http://h/x.tgz' },
    ],
  ])('%s', (_, request, arch, expected) => {
    expect(chooseRelease({ ...REQUEST, ...request }, arch)).toEqual(expected);
  });
});

test('only regular files of the right names are taken from an archive', () => {
  const list = [
    'drwxr-xr-x root/root 0 2026-01-01 00:00 ./bin/',
    '-rwxr-xr-x root/root 10 2026-01-01 00:00 ./bin/buildbox-casd',
    'lrwxrwxrwx root/root 0 2026-01-01 00:00 ./bin/buildbox-run -> buildbox-run-bubblewrap',
    '-rwxr-xr-x root/root 10 2026-01-01 00:00 ./bin/buildbox-run-bubblewrap',
    '-rwxr-xr-x root/root 10 2026-01-01 00:00 ../../etc/passwd',
    'hrwxr-xr-x root/root 0 2026-01-01 00:00 ./bin/buildbox-fuse link to /etc/shadow',
  ].join('\n');
  expect([...programsIn(list)]).toEqual([
    ['buildbox-casd', './bin/buildbox-casd'],
    ['buildbox-run-bubblewrap', './bin/buildbox-run-bubblewrap'],
  ]);
});

/** Packs scripts that say they are BuildBox, with a link that points out of the archive. */
async function makeArchive(folder: string, version: string): Promise<{ file: string; sha256: string }> {
  const content = join(folder, 'content/bin');
  await mkdir(content, { recursive: true });
  for (const name of ['buildbox-casd', 'buildbox-run-bubblewrap', 'buildbox-fuse', 'recc']) {
    await writeProgram(content, name, printsVersion(name, version));
  }
  await symlink('/etc', join(content, 'buildbox-run'));
  const file = join(folder, 'archive.tgz');
  execFileSync('tar', ['-czf', file, '-C', join(folder, 'content'), '.']);
  return {
    file,
    sha256: createHash('sha256')
      .update(await readFile(file))
      .digest('hex'),
  };
}

async function withFile<T>(file: string, work: (url: string) => Promise<T>): Promise<T> {
  const content = await readFile(file);
  const server = createServer((_, response) => response.end(content));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}/archive.tgz`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

describe('a release', () => {
  test('is fetched, unpacked, and found again without its server', () =>
    inTemporaryFolder(async (folder) => {
      const { file, sha256 } = await makeArchive(folder, '1.4.31');
      const context = makeContext(join(folder, 'tools'));
      const request = await withFile(file, async (url) => {
        const asked = { ...REQUEST, url, sha256 };
        const bin = join(folder, `tools/buildbox/1.4.31/${process.arch}-release-${sha256.slice(0, 16)}/bin`);
        expect(await fromRelease.install?.(asked, context)).toEqual({
          version: '1.4.31',
          source: 'release',
          casd: join(bin, 'buildbox-casd'),
          run: join(bin, 'buildbox-run'),
          fuse: join(bin, 'buildbox-fuse'),
        });
        expect((await readdir(bin)).sort()).toEqual(['buildbox-casd', 'buildbox-fuse', 'buildbox-run']);
        return asked;
      });
      expect(await fromRelease.find(request, context)).toMatchObject({ version: '1.4.31' });
      expect(await fromRelease.find({ ...request, sha256: HASH }, context)).toHaveProperty('declined');
      expect(await fromRelease.find({ ...request, version: '1.4.30' }, context)).toHaveProperty('declined');
    }));

  test('of another version than the one that was asked for is not kept', () =>
    inTemporaryFolder(async (folder) => {
      const { file, sha256 } = await makeArchive(folder, '1.4.31');
      const context = makeContext(join(folder, 'tools'));
      await withFile(file, async (url) => {
        const answer = await fromRelease.install?.({ ...REQUEST, url, sha256, version: '1.4.30' }, context);
        expect(answer).toEqual({ declined: 'the archive holds BuildBox 1.4.31, not 1.4.30' });
      });
      expect(await readdir(join(folder, 'tools'))).toEqual([]);
    }));

  test('that is another file leaves nothing behind', () =>
    inTemporaryFolder(async (folder) => {
      const { file, sha256 } = await makeArchive(folder, '1.4.31');
      await withFile(file, async (url) => {
        const failing = fromRelease.install?.(
          { ...REQUEST, url, sha256: HASH },
          makeContext(join(folder, 'tools')),
        );
        await expect(failing).rejects.toThrow(new RegExp(`${sha256}.*${HASH}`));
      });
      expect(await readdir(join(folder, 'tools'))).toEqual([]);
    }));

  test('without the programs, or that is no archive, says so', () =>
    inTemporaryFolder(async (folder) => {
      const program = await writeProgram(folder, 'recc', 'true');
      const archive = join(folder, 'other.tgz');
      execFileSync('tar', ['-czf', archive, '-C', folder, 'recc']);
      for (const [file, message] of [
        [archive, 'the archive has no buildbox-run-bubblewrap'],
        [program, 'the archive cannot be unpacked'],
      ] as const) {
        const sha256 = createHash('sha256')
          .update(await readFile(file))
          .digest('hex');
        await withFile(file, async (url) => {
          const failing = fromRelease.install?.(
            { ...REQUEST, url, sha256 },
            makeContext(join(folder, 'tools')),
          );
          await expect(failing).rejects.toThrow(message);
        });
      }
      await expect(access(join(folder, 'tools/buildbox'))).rejects.toThrow('ENOENT');
    }));
});
