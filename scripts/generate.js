/**
 * Writes what other files say already: src/gen from protos/, action.yml and package.json, `check/action.yml` and the
 * tables and pictures of the documents from action.yml, the house and the build record.
 * With `--check` it writes nothing and fails when any of these is stale.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseDocument } from 'yaml';
import { boundNumbers } from './generate/bound-numbers.js';
import { sharedInputs } from './generate/shared-inputs.js';
import { houseGraph } from './house/house-graph.js';
import { houseTable } from './house/house-table.js';
import { house, rootFiles } from './house.js';
import { recordTable } from './generate/record-table.js';
import { fillSections } from './generate/sections.js';
import { splitServices } from './generate/split-services.js';
import { groupedInputs, inputTables, inputsModule, outputTable, versionModule } from './generate/tables.js';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const check = process.argv.includes('--check');

const wanted = new Map([...generatedFromProtos(), ...generatedFromAction(), ...pages()]);
const stale = [...wanted].filter(([path, text]) => readOrEmpty(path) !== text).map(([path]) => path);
const leftOver = listFiles(join(root, 'src/gen'))
  .map((path) => join('src/gen', path))
  .filter((path) => !wanted.has(path));

if (check) {
  for (const path of [...stale, ...leftOver]) console.error(`stale: ${path} (npm run gen)`);
  process.exit(stale.length + leftOver.length > 0 ? 1 : 0);
}
for (const path of leftOver) rmSync(join(root, path));
for (const path of stale) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), wanted.get(path));
  console.log(`wrote ${path}`);
}

function generatedFromProtos() {
  const folder = mkdtempSync(join(root, 'node_modules', '.gen-'));
  try {
    execFileSync('node_modules/.bin/buf', ['generate', '--output', folder], { cwd: root, stdio: 'inherit' });
    return listFiles(join(folder, 'src/gen')).flatMap((path) =>
      splitServices(join('src/gen', path), boundNumbers(readFileSync(join(folder, 'src/gen', path), 'utf8'))),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function generatedFromAction() {
  const text = readOrEmpty('action.yml');
  const action = parseDocument(text);
  return [
    ['src/gen/inputs.ts', inputsModule(action)],
    ['src/gen/version.ts', versionModule(JSON.parse(readOrEmpty('package.json')).version)],
    filled('check/action.yml', { inputs: sharedInputs(groupedInputs(action), text) }),
  ];
}

/** The documents, of which parts are told elsewhere already. */
function pages() {
  const action = parseDocument(readOrEmpty('action.yml'));
  const check = parseDocument(readOrEmpty('check/action.yml'));
  return [
    filled('CONTRIBUTING.md', { house: houseTable(house, rootFiles) }),
    filled('docs/architecture.md', { house: houseGraph(house) }),
    filled('docs/reference.md', {
      inputs: inputTables(action),
      outputs: outputTable(action),
      'check-outputs': outputTable(check),
      record: recordTable(readOrEmpty('src/report/run/record.ts')),
    }),
  ];
}

function filled(path, sections) {
  return [path, fillSections(path, readOrEmpty(path), sections)];
}

function listFiles(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(folder.length + 1));
}

function readOrEmpty(path) {
  try {
    return readFileSync(join(root, path), 'utf8');
  } catch {
    return '';
  }
}
