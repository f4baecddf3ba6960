import { describe, expect, test } from '@jest/globals';
import { cacheScopes } from '../../src/trust/cache-scopes.js';
import type { Provenance } from '../../src/trust/provenance.js';

const main = 'refs/heads/main';
const onGitHub: Provenance = {
  onGitHub: true,
  repository: 'owner/name',
  event: 'push',
  ref: main,
  defaultBranch: 'main',
  baseBranch: undefined,
};

describe('what a run reads and writes', () => {
  test.each<[string, Partial<Provenance>, string, string, readonly string[]]>([
    ['a push to the default branch', {}, main, 'trusted', [main]],
    ['a push to a branch', { ref: 'refs/heads/x' }, 'refs/heads/x', 'untrusted', [main, 'refs/heads/x']],
    [
      'a pull request',
      { event: 'pull_request', ref: 'refs/pull/5/merge', baseBranch: 'next' },
      'refs/pull/5/merge',
      'untrusted',
      [main, 'refs/heads/next', 'refs/pull/5/merge'],
    ],
    [
      'a pull request that runs under the name of its base',
      { event: 'pull_request_target', baseBranch: 'main' },
      `${main}#pull_request_target`,
      'untrusted',
      [main, `${main}#pull_request_target`],
    ],
    [
      'a pull request that was merged, and runs as its base',
      { event: 'pull_request', baseBranch: 'main' },
      `${main}#pull_request`,
      'untrusted',
      [main, `${main}#pull_request`],
    ],
    [
      'an event that is not known',
      { event: undefined },
      `${main}#unknown`,
      'untrusted',
      [main, `${main}#unknown`],
    ],
    ['a ref that is not known', { ref: undefined }, 'local', 'untrusted', [main, 'local']],
    [
      'no GitHub',
      { onGitHub: false, event: undefined, ref: undefined, defaultBranch: undefined },
      'local',
      'local',
      ['local'],
    ],
  ])('%s', (_name, change, ref, tier, readable) => {
    expect(cacheScopes({ ...onGitHub, ...change })).toEqual({ own: { ref, tier }, readable });
  });
});
