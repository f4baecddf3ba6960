import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { findTexts } from '../../scripts/yaml/find-texts.js';
import { readCache } from '../../src/config/cache.js';
import { readConfig, readRemoteConfig } from '../../src/config/read.js';
import { InputError } from '../../src/errors.js';
import { INPUTS } from '../../src/gen/inputs.js';
import type { Machine } from '../../src/machine.js';

interface Step {
  readonly uses?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Workflow {
  readonly jobs: Readonly<Record<string, { readonly steps?: readonly Step[] }>>;
}

let machine: Machine;

beforeAll(() => {
  machine = {
    workspace: mkdtempSync(join(tmpdir(), 'examples-')),
    home: '/home/someone',
    temporary: tmpdir(),
    userCache: '/home/someone/.cache',
    programs: '/opt/buildbox-action/dist',
    toolCache: undefined,
    path: ['/usr/bin'],
    image: undefined,
    environment: {},
    builder: 'someone@somewhere',
    uid: 1000,
    gid: 1000,
  };
});

afterAll(() => rmSync(machine.workspace, { recursive: true }));

/** The steps of a workflow that use this repository's action (`''`) or one of its folders (`/check`). */
function ownSteps(text: string): readonly (readonly [string, Step])[] {
  const { jobs } = parse(text) as Workflow;
  return Object.values(jobs).flatMap(({ steps = [] }) =>
    steps.flatMap((step) => {
      const own = /^(?:\.|[^/.]+\/buildbox-action)(\/[^@]*)?(?:@|$)/.exec(step.uses ?? '');
      return own === null ? [] : [[(own[1] ?? '').replace(/^\/$/, ''), step] as const];
    }),
  );
}

/** Has the product itself read what a step gives it. Of a value with an expression only a script can be read now. */
function readStep(action: string, step: Step): void {
  const raw = Object.fromEntries(
    Object.entries(step.with ?? {})
      .map(([name, value]) => [name, String(value)] as const)
      .filter(([name, value]) => name === 'run' || !value.includes('${{')),
  );
  for (const name of Object.keys(raw)) {
    if (!(name in INPUTS)) throw new InputError(name, raw[name] ?? '', 'There is no such input.');
  }
  mkdirSync(join(machine.workspace, raw['working-directory'] ?? '.'), { recursive: true });
  if (action === '') {
    readConfig(raw, machine);
  } else {
    readRemoteConfig(raw, machine);
    readCache(raw, machine);
  }
}

describe('the product takes what a step gives it', () => {
  const steps = findTexts('.')
    .filter(({ kind }) => kind === 'workflow')
    .flatMap(({ file, firstLine, text }) =>
      ownSteps(text).map(([action, step]) => [`${file}, from line ${firstLine}`, action, step] as const),
    );

  test('in examples and documents there are such steps', () => {
    const files = steps.map(([place]) => place.split(',')[0]);
    const examples = ['plain', 'remote', 'gate', 'monorepo'].map((name) => `examples/workflows/${name}.yml`);
    expect(files).toEqual(expect.arrayContaining(['README.md', ...examples]));
  });

  test.each(steps)('%s, action "%s"', (_, action, step) => {
    expect(() => readStep(action, step)).not.toThrow();
  });
});

describe('it would say so of', () => {
  test.each([
    [
      'a value that is none of the legal ones',
      'OWNER/buildbox-action@v1',
      { run: 'make', push: 'sometimes' },
    ],
    ['a size without a number', './', { run: 'make', 'cache-quota': 'much' }],
    ['an input that there is not', './', { run: 'make', ouputs: 'build' }],
    ['a missing script', 'OWNER/buildbox-action@v1', { outputs: 'build' }],
    ['a remote of another kind', 'OWNER/buildbox-action/check@v1', { remote: 'https://cas.example.com' }],
  ])('%s', (_, uses, inputs) => {
    const text = JSON.stringify({ jobs: { build: { steps: [{ uses, with: inputs }] } } });
    const [own] = ownSteps(text);
    expect(own).toBeDefined();
    expect(() => readStep(own?.[0] ?? '', own?.[1] ?? {})).toThrow(InputError);
  });
});
