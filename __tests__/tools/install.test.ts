import { mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { completeInstall, findInstalled, withUnfinished } from '../../src/tools/install.js';
import { inTemporaryFolder } from './support.js';

const ABOUT = { tool: '1.2.3', origin: 'test' };

async function install(toolFolder: string, content = 'program'): Promise<string> {
  const target = join(toolFolder, 'tool/1.2.3/x64-test');
  await withUnfinished(toolFolder, async (unfinished) => {
    const made = join(unfinished, 'made');
    await mkdir(join(made, 'bin'), { recursive: true });
    await writeFile(join(made, 'bin/program'), content);
    await completeInstall(made, target, ABOUT);
  });
  return target;
}

describe('an install', () => {
  test('is found again with what it says of itself, and leaves nothing else behind', () =>
    inTemporaryFolder(async (folder) => {
      const target = await install(folder);
      expect(await findInstalled(target)).toEqual({ folder: target, ...ABOUT, files: ['bin/program'] });
      expect(await readdir(folder)).toEqual(['tool']);
    }));

  test('is found again after a copy that keeps times to the second only', () =>
    inTemporaryFolder(async (folder) => {
      const target = await install(folder);
      const manifest = JSON.parse(await readFile(join(target, 'manifest.json'), 'utf8')) as {
        files: Record<string, { mtimeMs: number }>;
      };
      const time = manifest.files['bin/program']?.mtimeMs ?? NaN;
      await utimes(join(target, 'bin/program'), Math.floor(time / 1000), Math.floor(time / 1000));
      expect(await findInstalled(target)).toBeDefined();
    }));

  test.each<[string, (target: string) => Promise<unknown>]>([
    ['a file is missing', (target) => rm(join(target, 'bin/program'))],
    ['a file is shorter', (target) => writeFile(join(target, 'bin/program'), 'prog')],
    [
      'a file of the same size was written later',
      (target) =>
        writeFile(join(target, 'bin/program'), 'PROGRAM').then(() =>
          utimes(join(target, 'bin/program'), 1, 1),
        ),
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
      expect(await findInstalled(join(folder, 'tool/1.2.3/x64-test'))).toBeUndefined();
      const target = await install(folder, 'new');
      expect(await findInstalled(target)).toBeDefined();
      expect(await readFile(join(target, 'bin/program'), 'utf8')).toBe('new');
      expect(await readdir(join(folder, 'tool/1.2.3'))).toEqual(['x64-test']);
    }),
  );

  test('that another process made first is taken', () =>
    inTemporaryFolder(async (folder) => {
      const target = await install(folder, 'first');
      await install(folder, 'second');
      expect(await readFile(join(target, 'bin/program'), 'utf8')).toBe('first');
    }));

  test('made by many at once is one complete install', () =>
    inTemporaryFolder(async (folder) => {
      await Promise.all(Array.from({ length: 8 }, (_, number) => install(folder, `program ${number}`)));
      expect(await findInstalled(join(folder, 'tool/1.2.3/x64-test'))).toBeDefined();
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
