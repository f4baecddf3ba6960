import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readProvenance } from '../../src/host/provenance.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'provenance-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function payload(text: string): string {
  const file = join(folder, 'event.json');
  writeFileSync(file, text);
  return file;
}

test('the variables of a workflow and its payload tell all', () => {
  const environment = {
    GITHUB_ACTIONS: 'true',
    GITHUB_REPOSITORY: 'octo/project',
    GITHUB_EVENT_NAME: 'pull_request',
    GITHUB_REF: 'refs/pull/1/merge',
    GITHUB_BASE_REF: 'next',
    GITHUB_EVENT_PATH: payload('{"repository":{"default_branch":"main"}}'),
  };
  expect(readProvenance(environment)).toEqual({
    onGitHub: true,
    repository: 'octo/project',
    event: 'pull_request',
    ref: 'refs/pull/1/merge',
    defaultBranch: 'main',
    baseBranch: 'next',
  });
});

test.each(['', '[]', '{"repository":null}', '{"repository":{"default_branch":""}}'])(
  'a payload of %j tells no default branch',
  (text) => expect(readProvenance({ GITHUB_EVENT_PATH: payload(text) }).defaultBranch).toBeUndefined(),
);

test('what is empty is not told', () => {
  const environment = {
    GITHUB_ACTIONS: 'true',
    GITHUB_REPOSITORY: '',
    GITHUB_EVENT_NAME: '',
    GITHUB_REF: '',
    GITHUB_BASE_REF: '',
    GITHUB_EVENT_PATH: '',
  };
  const { onGitHub, ...told } = readProvenance(environment);
  expect(onGitHub).toBe(true);
  expect(Object.values(told)).toEqual([undefined, undefined, undefined, undefined, undefined]);
});

test.each([
  ['nothing of it', {}, false],
  ['some other value', { GITHUB_ACTIONS: 'false' }, false],
  ['an event without the rest', { GITHUB_EVENT_NAME: 'pull_request' }, true],
])('where the environment says %s', (_, environment, onGitHub) =>
  expect(readProvenance(environment).onGitHub).toBe(onGitHub),
);
