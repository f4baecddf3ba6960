import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { compareVersions, installedFolders, installFolder } from '../../../src/tools/buildbox/layout.js';
import { inTemporaryFolder } from '../support.js';

test.each([
  ['1.4.9', '1.4.25', -1],
  ['1.10.0', '1.9.9', 1],
  ['1.4.25', '1.4.25', 0],
  ['2', '1.99', 1],
])('%s compared with %s', (one, other, order) => {
  expect(Math.sign(compareVersions(one, other))).toBe(order);
});

test('the newest version comes first, and what is no version is passed over', () =>
  inTemporaryFolder(async (folder) => {
    for (const name of ['1.4.9', '1.4.25', '1.3.52', 'notes'])
      await mkdir(join(folder, 'buildbox', name), { recursive: true });
    const expected = ['1.4.25', '1.4.9', '1.3.52'].map((version) =>
      installFolder(folder, 'buildbox', version, 'debian'),
    );
    expect(await installedFolders(folder, 'buildbox', 'debian')).toEqual(expected);
    expect(await installedFolders(folder, 'bubblewrap', 'unpacked')).toEqual([]);
  }));
