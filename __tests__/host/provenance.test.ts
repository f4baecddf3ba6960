import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
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
  expect(readProvenance(environment, folder)).toEqual({
    ci: 'GitHub',
    sign: undefined,
    repository: 'octo/project',
    event: 'pull_request',
    ref: 'refs/pull/1/merge',
    defaultBranch: 'main',
    baseBranch: 'next',
  });
});

test.each(['', '[]', '{"repository":null}', '{"repository":{"default_branch":""}}'])(
  'a payload of %j tells no default branch',
  (text) =>
    expect(
      readProvenance({ GITHUB_ACTIONS: 'true', GITHUB_EVENT_PATH: payload(text) }, folder).defaultBranch,
    ).toBeUndefined(),
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
  const { ci, ...told } = readProvenance(environment, folder);
  expect(ci).toBe('GitHub');
  expect(new Set(Object.values(told))).toEqual(new Set([undefined]));
});

test.each<[string, Record<string, string>, string | undefined]>([
  ['nothing of it', {}, undefined],
  ['some other value', { GITHUB_ACTIONS: 'false', CI: 'false' }, undefined],
  ['what is on many a laptop', { GITHUB_TOKEN: 'x', GITHUB_USER: 'me', RUNNER_TOOL_CACHE: '/t' }, undefined],
  ['an event without the rest', { GITHUB_EVENT_NAME: 'pull_request' }, 'GitHub'],
  ['a CI system of any kind', { CI: 'true' }, 'unknown'],
  ['what is left of a workflow', { GITHUB_REPOSITORY: 'octo/project' }, 'unknown'],
  ['a runner', { RUNNER_TEMP: '/tmp' }, 'unknown'],
  ['what an action gets', { ACTIONS_RUNTIME_TOKEN: 'x' }, 'unknown'],
  ['a job of GitLab without its mark', { CI_JOB_ID: '1' }, 'unknown'],
  ['TeamCity', { TEAMCITY_VERSION: '2026.1' }, 'unknown'],
])('where the environment says %s', (_, environment, ci) =>
  expect(readProvenance(environment, folder).ci).toBe(ci),
);

test.each<[string, Record<string, string>, object]>([
  [
    'GitLab, of a branch',
    {
      ...{ GITLAB_CI: 'true', CI_PROJECT_PATH: 'octo/project', CI_PIPELINE_SOURCE: 'push' },
      ...{ CI_COMMIT_BRANCH: 'main', CI_DEFAULT_BRANCH: 'main' },
    },
    {
      ci: 'GitLab',
      repository: 'octo/project',
      event: 'push',
      ref: 'refs/heads/main',
      defaultBranch: 'main',
    },
  ],
  [
    'GitLab, of a merge request',
    {
      ...{ GITLAB_CI: 'true', CI_PIPELINE_SOURCE: 'merge_request_event', CI_MERGE_REQUEST_IID: '7' },
      ...{ CI_MERGE_REQUEST_TARGET_BRANCH_NAME: 'next', CI_DEFAULT_BRANCH: 'main' },
    },
    { ci: 'GitLab', event: 'merge_request_event', ref: 'refs/pull/7', baseBranch: 'next' },
  ],
  [
    'Buildkite, of a branch',
    { BUILDKITE: 'true', BUILDKITE_BRANCH: 'main', BUILDKITE_PULL_REQUEST: 'false' },
    { ci: 'Buildkite', ref: 'refs/heads/main' },
  ],
  [
    'Buildkite, of a pull request from a branch of the same name',
    { BUILDKITE: 'true', BUILDKITE_BRANCH: 'main', BUILDKITE_PULL_REQUEST: '7' },
    { ci: 'Buildkite', ref: 'refs/pull/7' },
  ],
  [
    'Azure, which has full refs',
    { TF_BUILD: 'True', BUILD_SOURCEBRANCH: 'refs/pull/7/merge', BUILD_REPOSITORY_URI: 'https://me:pw@h/r' },
    { ci: 'Azure', ref: 'refs/pull/7/merge', repository: 'https://h/r' },
  ],
  ['Jenkins', { JENKINS_URL: 'https://ci', BRANCH_NAME: 'x' }, { ci: 'Jenkins', ref: 'refs/heads/x' }],
])('a job of %s', (_, environment, told) => expect(readProvenance(environment, folder)).toMatchObject(told));

describe('what a job leaves where its variables were lost', () => {
  let checkout: string;
  beforeEach(() => {
    checkout = mkdtempSync(join(folder, 'work-'));
    mkdirSync(join(checkout, 'project/.git/refs/remotes/origin'), { recursive: true });
    writeFileSync(join(checkout, 'project/.git/config'), '[core]\n\tbare = false\n');
  });
  const ci = (place = join(checkout, 'project')) => readProvenance({}, place).ci;

  test('nothing of it is on a laptop', () => expect(ci()).toBeUndefined());

  test.each(['/home/runner/work/a/a', '/__w/a/a', '/github/workspace', '/builds/octo/project'])(
    'a checkout at %s',
    (place) => expect(ci(place)).toBe('unknown'),
  );

  test("a runner's work folder", () => {
    mkdirSync(join(checkout, '_temp'));
    expect(ci()).toBeUndefined();
    mkdirSync(join(checkout, '_actions'));
    expect(ci()).toBe('unknown');
  });

  test('the token of a checkout, seen from a folder in it', () => {
    const settings = '[http "https://github.com/"]\n\textraheader = AUTHORIZATION: basic eA==\n';
    writeFileSync(join(checkout, 'project/.git/config'), settings);
    mkdirSync(join(checkout, 'project/src'));
    expect(ci(join(checkout, 'project/src'))).toBe('unknown');
  });

  test('the ref of a pull request', () => {
    mkdirSync(join(checkout, 'project/.git/refs/remotes/pull'));
    expect(ci()).toBe('unknown');
  });
});
