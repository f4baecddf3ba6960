import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'check-house-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

const SOURCES = {
  'package.json': '{ "type": "module" }',
  'src/errors.ts': '',
  'src/top/begin.ts':
    "import { a } from '../below/a.js';\nexport const later = () => import(/* webpackChunkName: \"x\" */ '../errors.js');\n",
  'src/top/deep/more.ts':
    "export {\n  b,\n} from '../../bottom/b.js';\nimport { begin } from '../begin.js';\n",
  'src/below/a.ts': "import { readFile } from 'node:fs/promises';\n",
  'src/bottom/b.ts': '',
};

/** What is said of a house of these rooms, by what each may import. */
function check(imports: Readonly<Record<string, readonly string[]>>) {
  const house = Object.fromEntries(
    Object.entries(imports).map(([room, names]) => [room, { imports: names }]),
  );
  const files = { ...SOURCES, 'scripts/house.js': `export const house = ${JSON.stringify(house)};\n` };
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  const { status, stderr } = spawnSync(process.execPath, ['scripts/check-house.js', folder], {
    encoding: 'utf8',
  });
  return { status, lines: stderr.trim().split('\n') };
}

test('a house that is as it is told passes', () => {
  expect(check({ top: ['below', 'bottom', 'errors'], below: [], bottom: [] })).toEqual({
    status: 0,
    lines: [''],
  });
});

test.each([
  [{ top: ['below', 'bottom', 'errors'], below: ['bottom'], bottom: [] }, 'below imports no bottom'],
  [{ top: ['below', 'bottom', 'errors'], below: ['errors'], bottom: [] }, 'below imports no errors'],
  [{ top: ['below', 'bottom', 'errors'], below: [] }, 'src/bottom has no room'],
  [{ top: ['below', 'bottom', 'errors'], below: [], bottom: [], attic: [] }, 'there is no src/attic'],
])('%j is not as it is', (imports, fault) => {
  expect(check(imports)).toEqual({ status: 1, lines: [`scripts/house.js: ${fault}`] });
});
