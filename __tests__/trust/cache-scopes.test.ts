import { describe, expect, test } from '@jest/globals';
import { cacheScopes, isReadLater, type ScopeName } from '../../src/trust/cache-scopes.js';
import type { Provenance } from '../../src/trust/provenance.js';

const main = 'refs/heads/main';
const onGitHub: Provenance = {
  ci: 'GitHub',
  sign: undefined,
  repository: 'owner/name',
  event: 'push',
  ref: main,
  defaultBranch: 'main',
  baseBranch: undefined,
};

const unknown: Partial<Provenance> = {
  ...{ ci: 'unknown', sign: 'CI is set', repository: undefined, event: undefined, ref: undefined },
  ...{ defaultBranch: undefined, baseBranch: undefined },
};

const own = (ref: string, event: string | null = null) => ({ ref, event });

describe('what a run reads and writes', () => {
  test.each<[string, Partial<Provenance>, ScopeName, string, readonly ScopeName[]]>([
    ['a push to the default branch', {}, own(main), 'trusted', []],
    ['a push to a branch', { ref: 'refs/heads/x' }, own('refs/heads/x'), 'untrusted', [own(main)]],
    [
      'a pull request',
      { event: 'pull_request', ref: 'refs/pull/5/merge', baseBranch: 'next' },
      own('refs/pull/5/merge'),
      'untrusted',
      [own(main), own('refs/heads/next')],
    ],
    [
      'a pull request that runs under the name of its base',
      { event: 'pull_request_target', baseBranch: 'main' },
      own(main, 'pull_request_target'),
      'untrusted',
      [own(main)],
    ],
    [
      'a pull request that was merged, and runs as its base',
      { event: 'pull_request', baseBranch: 'main' },
      own(main, 'pull_request'),
      'untrusted',
      [own(main)],
    ],
    [
      'a branch that is named like an event of another',
      { ref: 'refs/heads/main#pull_request' },
      own('refs/heads/main#pull_request'),
      'untrusted',
      [own(main)],
    ],
    ['an event that is not known', { event: undefined }, own(main, 'unknown'), 'untrusted', [own(main)]],
    ['a ref that is not known', { ref: undefined }, own('unknown'), 'untrusted', [own(main)]],
    ['a job of which nothing is known', unknown, own('unknown', 'unknown'), 'untrusted', []],
    ['a machine outside CI', { ...unknown, ci: undefined }, own('local'), 'local', []],
  ])('%s', (_name, change, scope, tier, branches) => {
    expect(cacheScopes({ ...onGitHub, ...change })).toEqual({
      own: { ...scope, tier },
      readable: [...branches, scope],
    });
  });
});

test.each([
  [own(main), true],
  [own('refs/pull/1/merge'), true],
  [own('refs/tags/v1'), true],
  [own('refs/heads/queue'), true],
  [own('refs/heads/gh-readonly-queue/main/pr-1-abc'), false],
  [own(main, 'merge_group'), false],
  [own('local'), true],
])('whether a later run reads what %j keeps: %p', (scope, expected) => {
  expect(isReadLater(scope)).toBe(expected);
});
