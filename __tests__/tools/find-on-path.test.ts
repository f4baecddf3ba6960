import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { findOnPath } from '../../src/tools/find-on-path.js';
import { inTemporaryFolder, writeProgram } from './support.js';

test('the first executable file of that name is found; folders, plain files and relative folders are passed over', () =>
  inTemporaryFolder(async (folder) => {
    const [one, two, three, four] = ['one', 'two', 'three', 'four'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
      string,
    ];
    await Promise.all([one, two, three, four].map((name) => mkdir(name)));
    await mkdir(join(one, 'tool'));
    await writeFile(join(two, 'tool'), 'not executable', { mode: 0o644 });
    const program = await writeProgram(three, 'tool', 'true');
    await writeProgram(four, 'tool', 'true');
    expect(await findOnPath('tool', ['.', '', 'bin', join(folder, 'absent'), one, two, three, four])).toBe(
      program,
    );
    expect(await findOnPath('other', [one, two, three, four])).toBeUndefined();
  }));
