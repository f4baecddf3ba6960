import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'check-documents-'));
  execFileSync('git', ['init', '--quiet', folder]);
});

afterEach(() => rmSync(folder, { recursive: true }));

const SOUND = {
  'docs/troubleshooting.md': '| message | way out |\n| --- | --- |\n| `no room for …: free …` | free it |\n',
  'docs/guide.md': '# Guide\n\n## How it *works*, in `short`\n\n## Twice\n\n## Twice\n',
  'src/room/build.ts': 'throw new Fault(`no room for ${name}: free ${size}`);\n',
};

/** What is said of a README beside what is sound. */
function check(readme: string, others: Readonly<Record<string, string>> = {}) {
  for (const [file, text] of Object.entries({ ...SOUND, 'README.md': readme, ...others })) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  const { status, stderr } = spawnSync(process.execPath, ['scripts/check-documents.js', folder], {
    encoding: 'utf8',
  });
  return { status, lines: stderr.trim().split('\n') };
}

test.each([
  '[a](docs/guide.md), [a folder](docs), [elsewhere](https://example.com/nothing), ![itself](README.md)',
  '[a](docs/guide.md#how-it-works-in-short), [b](docs/guide.md#twice), [c](docs/guide.md#twice-1)',
  '# Here\n[a](#here)',
  '`src/room/build.ts`, `build.ts`, `src/room`, `src/*.c`, `lib/none.c`',
  '`[a](none.md)`\n```sh\n[a](none.md) `src/none.ts`\n```\n',
])('passes: %j', (readme) => {
  expect(check(readme)).toEqual({ status: 0, lines: [''] });
});

test.each([
  ['[a](docs/none.md)', 'README.md: there is no docs/none.md'],
  ['[a](docs/guide.md#none)', 'README.md: there is no docs/guide.md#none'],
  ['[a](docs/guide.md#twice-2)', 'README.md: there is no docs/guide.md#twice-2'],
  ['[a](#none)', 'README.md: there is no #none'],
  ['see `src/room/none.ts`', 'README.md: there is no src/room/none.ts'],
  ['see `none.test.ts`', 'README.md: there is no none.test.ts'],
  ['see `src/none`', 'README.md: there is no src/none'],
])('%j leads nowhere', (readme, fault) => {
  expect(check(readme)).toEqual({ status: 1, lines: [fault] });
});

test('a message that the program does not say is named', () => {
  const message = '| `no room for …: remove …` | remove it |\n';
  expect(check('', { 'docs/troubleshooting.md': message })).toEqual({
    status: 1,
    lines: ['docs/troubleshooting.md: nobody says "no room for …: remove …"'],
  });
});
