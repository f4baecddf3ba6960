import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, readdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { librariesIn, unpackPrograms } from '../../../src/tools/buildbox/closure.js';
import { findOnHost, inTemporaryFolder, makeContext } from '../support.js';

test('the libraries that a loader lists', () => {
  const list = `\tlinux-vdso.so.1 (0x00007f33c2332000)
\tlibfuse3.so.4 => /r/usr/lib/x86_64-linux-gnu/libfuse3.so.4 (0x00007f33c1800000)
\tlibmissing.so.1 => not found
\t/lib64/ld-linux-x86-64.so.2 => /r/usr/lib64/ld-linux-x86-64.so.2 (0x00007f33c2334000)
`;
  expect([...librariesIn(list)]).toEqual([
    ['libfuse3.so.4', '/r/usr/lib/x86_64-linux-gnu/libfuse3.so.4'],
    ['libmissing.so.1', 'not found'],
  ]);
});

/** A package of the host's own `cat`, with or without the libraries that it needs. */
async function makePackage(folder: string, complete: boolean): Promise<string> {
  const triplet = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';
  const root = join(folder, 'package');
  const libraries = join(root, 'usr/lib', triplet);
  await mkdir(join(root, 'DEBIAN'), { recursive: true });
  await mkdir(join(root, 'usr/bin'), { recursive: true });
  await mkdir(libraries, { recursive: true });
  await writeFile(
    join(root, 'DEBIAN/control'),
    'Package: test\nVersion: 1\nArchitecture: all\nMaintainer: t <t@t.example>\nDescription: t\n',
  );
  const cat = findOnHost('cat') ?? '';
  await copyFile(cat, join(root, 'usr/bin/cat'));
  for (const line of execFileSync('ldd', [cat]).toString().split('\n')) {
    const file = /(?:=> )?(\/\S+) \(/.exec(line)?.[1];
    const isLoader = file !== undefined && basename(file).startsWith('ld-linux');
    if (file !== undefined && (complete || isLoader)) await copyFile(file, join(libraries, basename(file)));
  }
  const packages = join(folder, 'packages');
  await mkdir(packages);
  execFileSync('dpkg-deb', ['--build', '-Znone', root, join(packages, 'test_1_all.deb')], {
    stdio: 'ignore',
  });
  return packages;
}

const canPackage = findOnHost('dpkg-deb') !== undefined && findOnHost('ldd') !== undefined;

(canPackage ? describe : describe.skip)('programs out of packages', () => {
  test('run with their own loader and libraries, from wherever the folder is moved', () =>
    inTemporaryFolder(async (folder) => {
      const made = join(folder, 'made');
      await mkdir(made);
      await unpackPrograms(await makePackage(folder, true), ['cat'], made, makeContext(folder));
      expect((await readdir(made)).sort()).toEqual(['bin', 'lib', 'libexec']);
      const moved = join(folder, 'moved here');
      await rename(made, moved);
      await symlink(join(moved, 'bin/cat'), join(folder, 'link'));
      for (const program of [join(moved, 'bin/cat'), join(folder, 'link')]) {
        expect(execFileSync(program, ['/proc/self/maps']).toString()).toContain(`${moved}/lib/libc.so.6`);
      }
      expect(execFileSync(join(moved, 'bin/cat'), { input: 'passed through' }).toString()).toBe(
        'passed through',
      );
      expect(await readFile(join(moved, 'bin/cat'), 'utf8')).not.toContain(dirname(made));
    }));

  test('never take a library of the host in place of a missing one', () =>
    inTemporaryFolder(async (folder) => {
      const packages = await makePackage(folder, false);
      await mkdir(join(folder, 'made'));
      const failing = unpackPrograms(packages, ['cat'], join(folder, 'made'), makeContext(folder));
      await expect(failing).rejects.toThrow(/libc\.so\.6/);
    }));

  test('are named when a package lacks them', () =>
    inTemporaryFolder(async (folder) => {
      const packages = await makePackage(folder, true);
      await mkdir(join(folder, 'made'));
      const failing = unpackPrograms(packages, ['absent'], join(folder, 'made'), makeContext(folder));
      await expect(failing).rejects.toThrow(/absent/);
    }));
});
