import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { addHostPackages, readHostPackages } from '../../../src/tools/packages/host-packages.js';
import { inTemporaryFolder } from '../support.js';

test('the record grows, sorted and without doubles', () =>
  inTemporaryFolder(async (folder) => {
    const tools = join(folder, 'not/there/yet');
    expect(await readHostPackages(tools)).toEqual([]);
    await addHostPackages(tools, ['fuse3', 'bubblewrap']);
    await addHostPackages(tools, ['libfuse3-3', 'bubblewrap']);
    expect(await readHostPackages(tools)).toEqual(['bubblewrap', 'fuse3', 'libfuse3-3']);
    expect(await readdir(tools)).toEqual(['host-packages.json']);
  }));

test.each(['', '{', '[]', '{"version":2,"packages":["x"]}', '{"version":1,"packages":[1]}'])(
  'a record of %j says nothing, and is replaced',
  (text) =>
    inTemporaryFolder(async (folder) => {
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, 'host-packages.json'), text);
      expect(await readHostPackages(folder)).toEqual([]);
      await addHostPackages(folder, ['bubblewrap']);
      expect(await readHostPackages(folder)).toEqual(['bubblewrap']);
    }),
);
