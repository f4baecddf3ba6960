import { mkdir, readdir, readFile, rename, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { completeInstall, findInstalled, withUnfinished } from '../../../src/tools/buildbox/install.js';
import { sha256OfFile } from '../../../src/tools/buildbox/wrong-hash.js';
import { inTemporaryFolder } from '../support.js';

const ABOUT = { tool: '1.2.3', origin: 'test' };
const CHECK = { hashOf: (file: string) => sha256OfFile(file, new AbortController().signal) };

async function install(toolFolder: string, content = 'program'): Promise<string> {
  const target = join(toolFolder, 'tool/1.2.3/x64-test');
  await withUnfinished(toolFolder, async (unfinished) => {
    const made = join(unfinished, 'made');
    await mkdir(join(made, 'bin'), { recursive: true });
    await writeFile(join(made, 'bin/program'), content);
    await completeInstall(made, target, ABOUT, CHECK);
  });
  return target;
}

type Files = Record<string, object | undefined>;

async function changeManifest(target: string, change: (files: Files) => Files): Promise<void> {
  const file = join(target, 'manifest.json');
  const manifest = JSON.parse(await readFile(file, 'utf8')) as { files: Files };
  await writeFile(file, JSON.stringify({ ...manifest, files: change(manifest.files) }));
}

/** The same content, at another place. */
async function link(target: string): Promise<void> {
  await rename(join(target, 'bin/program'), join(target, '../elsewhere'));
  await symlink('../../elsewhere', join(target, 'bin/program'));
}

describe('an install', () => {
  test('is found again with what it says of itself, and leaves nothing else behind', () =>
    inTemporaryFolder(async (folder) => {
      const target = await install(folder);
      expect(await findInstalled(target, CHECK)).toEqual({
        folder: target,
        ...ABOUT,
        files: ['bin/program'],
      });
      expect(await readdir(folder)).toEqual(['tool']);
    }));

  test('is found again after a copy that keeps no times', () =>
    inTemporaryFolder(async (folder) => {
      const target = await install(folder);
      await utimes(join(target, 'bin/program'), 1, 1);
      expect(await findInstalled(target, CHECK)).toBeDefined();
    }));

  test.each<[string, (target: string) => Promise<unknown>]>([
    ['a file is missing', (target) => rm(join(target, 'bin/program'))],
    ['a file is shorter', (target) => writeFile(join(target, 'bin/program'), 'prog')],
    [
      'a file was replaced by one of the same size and time',
      async (target) => {
        const { atime, mtime } = await stat(join(target, 'bin/program'));
        await writeFile(join(target, 'bin/program'), 'PROGRAM');
        await utimes(join(target, 'bin/program'), atime, mtime);
      },
    ],
    ['there is a file that the manifest does not list', (target) => writeFile(join(target, 'bin/bwrap'), '')],
    ['a file is a link', (target) => link(target)],
    [
      'the manifest names what is outside',
      async (target) => {
        await writeFile(join(target, '../program'), 'program');
        await rm(join(target, 'bin/program'));
        await changeManifest(target, (files) => ({ '../program': files['bin/program'] }));
      },
    ],
    [
      'the manifest has no hash',
      (target) =>
        changeManifest(target, (files) => ({
          'bin/program': { ...files['bin/program'], sha256: undefined },
        })),
    ],
    ['the manifest is missing', (target) => rm(join(target, 'manifest.json'))],
    ['the manifest is cut off', (target) => writeFile(join(target, 'manifest.json'), '{"version":1,')],
    [
      'the manifest is of another version',
      (target) => writeFile(join(target, 'manifest.json'), '{"version":2}'),
    ],
    [
      'the manifest lists nothing',
      (target) =>
        writeFile(join(target, 'manifest.json'), JSON.stringify({ version: 1, ...ABOUT, files: {} })),
    ],
  ])('is not used when %s, and a new one takes its place', (_, damage) =>
    inTemporaryFolder(async (folder) => {
      await damage(await install(folder));
      expect(await findInstalled(join(folder, 'tool/1.2.3/x64-test'), CHECK)).toBeUndefined();
      const target = await install(folder, 'new');
      expect(await findInstalled(target, CHECK)).toBeDefined();
      expect(await readFile(join(target, 'bin/program'), 'utf8')).toBe('new');
      expect(await readdir(join(folder, 'tool/1.2.3'))).toContain('x64-test');
    }),
  );

  test('whose hashes are known is held against them, and not against what it says of itself', () =>
    inTemporaryFolder(async (folder) => {
      const target = await install(folder);
      const pinned = { program: await CHECK.hashOf(join(target, 'bin/program')) };
      await changeManifest(target, (files) => ({ 'bin/program': { ...files['bin/program'], sha256: '' } }));
      expect(await findInstalled(target, { ...CHECK, pinned })).toBeDefined();
      const forged = { program: pinned.program.replace(/./g, '0') };
      expect(await findInstalled(target, { ...CHECK, pinned: forged })).toBeUndefined();
      expect(await findInstalled(target, { ...CHECK, pinned: {} })).toBeUndefined();
    }));

  test('that another process made first is taken', () =>
    inTemporaryFolder(async (folder) => {
      const target = await install(folder, 'first');
      await install(folder, 'second');
      expect(await readFile(join(target, 'bin/program'), 'utf8')).toBe('first');
    }));

  test('made by many at once is one complete install', () =>
    inTemporaryFolder(async (folder) => {
      await Promise.all(Array.from({ length: 8 }, (_, number) => install(folder, `program ${number}`)));
      expect(await findInstalled(join(folder, 'tool/1.2.3/x64-test'), CHECK)).toBeDefined();
      expect(await readdir(folder)).toEqual(['tool']);
    }));
});

describe('an unfinished folder', () => {
  test('is removed when the work fails', () =>
    inTemporaryFolder(async (folder) => {
      const failing = withUnfinished(folder, async (unfinished) => {
        await writeFile(join(unfinished, 'half'), 'half');
        throw new Error('failed on purpose');
      });
      await expect(failing).rejects.toThrow('failed on purpose');
      expect(await readdir(folder)).toEqual([]);
    }));

  test('of a killed installer is removed by a later one, a young one is left alone', () =>
    inTemporaryFolder(async (folder) => {
      await mkdir(join(folder, '.unfinished-old'));
      await mkdir(join(folder, '.unfinished-young'));
      const twoHoursAgo = Date.now() / 1000 - 7200;
      await utimes(join(folder, '.unfinished-old'), twoHoursAgo, twoHoursAgo);
      await withUnfinished(folder, () => Promise.resolve());
      expect(await readdir(folder)).toEqual(['.unfinished-young']);
    }));

  test('that cannot be made says which folder and how to name another', () =>
    inTemporaryFolder(async (folder) => {
      await writeFile(join(folder, 'file'), '');
      const failing = withUnfinished(join(folder, 'file/tools'), () => Promise.resolve());
      await expect(failing).rejects.toMatchObject({
        name: 'Fault',
        message: expect.stringContaining(`cannot keep tools in ${folder}/file/tools`),
        remedy: expect.stringContaining('cache-dir'),
      });
    }));
});
