import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { explainWriteError } from '../../src/outputs/explain-write-error.js';
import { Journal } from '../../src/outputs/journal.js';
import { isScratchPath } from '../../src/process/scratch-name.js';
import { Scratch, sweep } from '../../src/outputs/scratch.js';

let workspace: string;
beforeEach(() => {
  workspace = mkdtempSync(join(tmpdir(), 'scratch-'));
});
afterEach(() => rmSync(workspace, { recursive: true }));

test('what could not be put back is kept, is found where the error says, and is never swept', async () => {
  const [first, second] = [join(workspace, 'first'), join(workspace, 'second')];
  writeFileSync(first, 'one');
  writeFileSync(second, 'two');
  const scratch = new Scratch();
  const journal = new Journal();
  const moved = scratch.place(await scratch.besideOrIn(first));
  await rename(first, moved);
  journal.note(first, () => rename(moved, join(workspace, 'gone', 'first')));
  // As where another file system begins in between.
  const aside = scratch.aside(second);
  await rename(second, aside);
  journal.note(second, () => rename(aside, join(workspace, 'gone', 'second')));

  const changed = await journal.takeBack();
  expect(changed).toEqual([second, first]);
  const saved = await scratch.save();
  for (const path of saved) utimesSync(path, 0, 0);
  await sweep(workspace);

  const files = readdirSync(workspace, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const contents = files.map((file) => readFileSync(join(file.parentPath, file.name), 'utf8'));
  expect(contents.sort()).toEqual(['one', 'two']);
  const { message, remedy } = explainWriteError(new Error('EIO: i/o error'), changed, saved) as Error & {
    remedy: string;
  };
  expect(message).toBe(
    `the outputs were written in part: EIO: i/o error; and these could not be put back: ${second}, ${first}`,
  );
  for (const { parentPath, name } of files) {
    const file = join(parentPath, name);
    expect(saved.some((path) => file === path || file.startsWith(`${path}/`))).toBe(true);
  }
  for (const path of saved) expect(remedy).toContain(path);
  expect(saved.map((path) => isScratchPath(path))).toEqual([true, true]); // So it is no input of the next run.
});

test('what was put back leaves nothing', async () => {
  const file = join(workspace, 'file');
  writeFileSync(file, 'one');
  const scratch = new Scratch();
  const journal = new Journal();
  const moved = scratch.place(await scratch.besideOrIn(file));
  await rename(file, moved);
  journal.note(file, () => rename(moved, file));
  expect(await journal.takeBack()).toEqual([]);
  expect(await scratch.remove()).toEqual([]);
  expect(readdirSync(workspace)).toEqual(['file']);
});
