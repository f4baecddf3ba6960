import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const RELATIVE_IMPORT = /\b(?:from|import\()\s*(?:\/\*.*?\*\/\s*)?'(\.[^']*)'/g;

/** Who imports whom: for each folder of `source` the other folders, and the files at its root, that its files name. */
export function importsByRoom(source) {
  const folders = readdirSync(source, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return new Map(folders.map(({ name }) => [name, importsOf(source, name)]));
}

function importsOf(source, room) {
  const names = typeScriptFiles(join(source, room)).flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(RELATIVE_IMPORT)].map(([, target]) =>
      roomOf(relative(source, join(dirname(file), target))),
    ),
  );
  return new Set(names.filter((name) => name !== room));
}

function typeScriptFiles(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => join(folder, path));
}

/** `casd` of `casd/start.js`, `errors` of `errors.js`. */
function roomOf(path) {
  return path.split('/')[0].replace(/\.js$/, '');
}
