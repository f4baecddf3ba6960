import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'check-yaml-'));
  for (const action of ['action.yml', 'check/action.yml']) cpSync(action, join(folder, action));
});

afterEach(() => rmSync(folder, { recursive: true }));

/** What is said of these files, by lines. */
function check(files: Readonly<Record<string, string>>): { status: number | null; lines: readonly string[] } {
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/check-yaml.js', folder], {
    encoding: 'utf8',
  });
  return { status, lines: `${stderr}${stdout}`.trim().split('\n') };
}

const AROUND = 'on: push\njobs:\n  build:\n    runs-on: ubuntu-24.04\n    steps:';

/** A workflow of these steps, the first of which is its line 6. */
const workflow = (...steps: readonly string[]) => [AROUND, ...steps].join('\n      ');

test('what is as GitHub reads it passes', () => {
  const steps = [
    '- id: build',
    '  uses: OWNER/buildbox-action@v1',
    '  with: { run: make }',
    '- if: steps.build.outputs.cache-hit',
    '  run: echo "${{ steps.build.outputs.result }}"',
  ];
  const page = ['Steps:', '```yaml', ...steps, '```', '```yaml', 'elsewhere: [1]', '```', ''];
  expect(check({ '.github/workflows/good.yml': workflow(...steps), 'README.md': page.join('\n') })).toEqual({
    status: 0,
    lines: ['4 workflows, actions and settings are as GitHub reads them'],
  });
});

test('a fault in a workflow is named with its line', () => {
  const ours = (words: string) =>
    workflow('- id: build', '  uses: OWNER/buildbox-action@v1', `  with: ${words}`);
  const output = (uses: string) =>
    workflow(
      '- id: own',
      `  uses: ${uses}`,
      '  with: { run: make }',
      '- run: echo "${{ steps.own.outputs.resutl }}"',
    );
  const faults: Readonly<Record<string, readonly [string, string]>> = {
    key: ['on: push\njobs:\n  a:\n    runs-on: x\n    stepz: []\n', "5: Unexpected value 'stepz'"],
    event: [`on: psuh\n${workflow('- run: a').slice(9)}`, "1: Unexpected value 'psuh'"],
    permission: [`permissions: { contnts: read }\n${workflow('- run: a')}`, "1: Unexpected value 'contnts'"],
    unclosed: [workflow('- run: echo "${{ github.sha"'), '6: The expression is not closed.'],
    function: [workflow('- run: echo "${{ foo(1) }}"'), "6: Unrecognized function: 'foo'"],
    context: [workflow('- run: echo "${{ github.evnt }}"'), '6: Context access might be invalid: evnt'],
    'our-input': [ours('{ run: make, ouputs: a }'), "8: Invalid action input 'ouputs'"],
    'our-required-input': [ours('{ outputs: a }'), '8: Missing required input `run`'],
    'our-output': [output('OWNER/buildbox-action@v1'), '9: Context access might be invalid: resutl'],
    'our-output-here': [output('./'), '9: Context access might be invalid: resutl'],
    'our-output-of-check': [
      output('OWNER/buildbox-action/check@v1').replace('{ run: make }', '{ remote: unix:a }'),
      '9: Context access might be invalid: resutl',
    ],
    call: [
      'on: push\njobs:\n  a:\n    uses: ./.github/workflows/nowhere.yml\n',
      '4: Unable to find reusable workflow',
    ],
    'call-with': [
      'on: push\njobs:\n  a:\n    uses: ./.github/workflows/called.yml\n    with: { a: 1 }\n',
      '5: Invalid input, a is not defined in the referenced workflow.',
    ],
    yaml: ['on:\n  - [\n', '3: Flow sequence'],
  };
  const files = Object.entries(faults).map(([name, [text]]) => [`.github/workflows/${name}.yml`, text]);
  const called = { '.github/workflows/called.yml': `on: workflow_call\n${workflow('- run: a').slice(9)}` };
  const { status, lines } = check({ ...(Object.fromEntries(files) as Record<string, string>), ...called });
  const wanted = Object.entries(faults).map(([name, [, fault]]) => `.github/workflows/${name}.yml:${fault}`);
  expect([...lines].sort()).toEqual(wanted.sort().map((line) => expect.stringContaining(line)));
  expect(status).toBe(1);
});

describe('a fault is named', () => {
  test('in an action', () => {
    const { lines } = check({ 'setup/action.yml': 'name: a\ndescription: b\nrans: {}\n' });
    expect(lines).toContainEqual(expect.stringContaining("setup/action.yml:3: Unexpected value 'rans'"));
  });

  test('in the block of a document, with the line of the document', () => {
    const page = [
      '# Title',
      '',
      '- item:',
      '',
      '  ```yaml',
      '  - uses: OWNER/buildbox-action@v1',
      '    with:',
      '      rum: make',
      '  ```',
      '',
      '```yaml',
      'with:',
      '  uses: nothing',
      '```',
    ];
    expect(check({ 'docs/page.md': page.join('\n') }).lines).toEqual([
      expect.stringContaining("docs/page.md:8: Invalid action input 'rum'"),
      expect.stringContaining('docs/page.md:7: Missing required input `run`'),
      expect.stringContaining('docs/page.md:12: a block that uses an action is a whole workflow or a list'),
    ]);
  });

  test('in an issue form, in the chooser, and for Dependabot', () => {
    const form = 'name: a\ndescription: b\nbody:\n  - type: input\n    attributes:\n      lable: c\n';
    const update = '  - package-ecosystem: npm\n    directory: /\n    schedule:\n      interval: hourly\n';
    const { lines } = check({
      '.github/ISSUE_TEMPLATE/config.yml': 'blank_issues: false\n',
      '.github/ISSUE_TEMPLATE/form.yml': form,
      '.github/dependabot.yml': `version: 2\nupdates:\n${update}`,
    });
    expect(lines).toEqual([
      expect.stringContaining('.github/ISSUE_TEMPLATE/config.yml:1: blank_issues: '),
      expect.stringContaining('.github/ISSUE_TEMPLATE/form.yml:6: body.0.attributes.label: '),
      expect.stringContaining('.github/ISSUE_TEMPLATE/form.yml:6: body.0.attributes.lable: '),
      expect.stringContaining('.github/dependabot.yml:6: updates.0.schedule.interval: '),
    ]);
  });

  test('where nothing knows who reads a file', () => {
    expect(check({ '.github/labeler.yml': 'a: 1\n' }).lines).toEqual([
      '.github/labeler.yml:1: nothing here knows who reads this file',
    ]);
  });
});
