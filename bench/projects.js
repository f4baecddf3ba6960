import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const FILE_BYTES = 2000;
const FILES_PER_FOLDER = 25;

/** A git checkout of so many text files of 2 kB, in folders of 25. */
export function makeProject(folder, files) {
  mkdirSync(folder, { recursive: true });
  writeFiles(folder, files, 'first');
  const git = (...words) =>
    execFileSync('git', words, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  git('init', '--quiet');
  git('add', '.');
  git('-c', 'user.name=bench', '-c', 'user.email=bench@localhost', 'commit', '--quiet', '--message', 'bench');
  return folder;
}

/** Gives every file new content. */
export function writeFiles(folder, files, edition) {
  for (let i = 0; i < files; i++) {
    const path = join(folder, `part-${Math.floor(i / FILES_PER_FOLDER)}`, `file-${i}.txt`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `${edition} ${i}\n`.repeat(FILE_BYTES).slice(0, FILE_BYTES));
  }
}
