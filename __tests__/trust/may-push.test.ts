import { describe, expect, test } from '@jest/globals';
import { originOf } from '../../src/trust/belief.js';
import { decidePush, mayPushStored, type PushPolicy, unjudged } from '../../src/trust/may-push.js';
import type { Provenance } from '../../src/trust/provenance.js';

const main: Provenance = {
  ci: 'GitHub',
  sign: undefined,
  repository: 'owner/name',
  event: 'push',
  ref: 'refs/heads/main',
  defaultBranch: 'main',
  baseBranch: undefined,
};
const local: Provenance = {
  ...main,
  ci: undefined,
  event: undefined,
  ref: undefined,
  defaultBranch: undefined,
};

describe('push: trusted', () => {
  test.each<[string, Provenance, boolean]>([
    ['a laptop', local, true],
    ['a push to the default branch', main, true],
    ['a schedule', { ...main, event: 'schedule' }, true],
    ['a dispatch on the default branch', { ...main, event: 'workflow_dispatch' }, true],
    ['a schedule on another branch', { ...main, event: 'schedule', ref: 'refs/heads/feature' }, false],
    ['a dispatch on another branch', { ...main, event: 'workflow_dispatch', ref: 'refs/heads/x' }, false],
    ['a dispatch on a tag', { ...main, event: 'workflow_dispatch', ref: 'refs/tags/v1' }, false],
    ['a push to another branch', { ...main, ref: 'refs/heads/feature' }, false],
    ['a push of a tag', { ...main, ref: 'refs/tags/v1' }, false],
    ['a tag of the same name', { ...main, ref: 'refs/tags/main' }, false],
    ['a branch that only begins alike', { ...main, ref: 'refs/heads/main2' }, false],
    ['a branch that only ends alike', { ...main, ref: 'refs/heads/x/main' }, false],
    ['a pull request', { ...main, event: 'pull_request', ref: 'refs/pull/1/merge' }, false],
    [
      'a pull request of a fork',
      { ...main, event: 'pull_request', ref: 'refs/pull/2/merge', baseBranch: 'main', repository: 'o/fork' },
      false,
    ],
    ['a pull request that was merged', { ...main, event: 'pull_request', baseBranch: 'main' }, false],
    ['a pull request that claims the default branch', { ...main, event: 'pull_request' }, false],
    [
      'pull_request_target, whose ref is the default branch',
      { ...main, event: 'pull_request_target' },
      false,
    ],
    ['a review', { ...main, event: 'pull_request_review' }, false],
    ['a release', { ...main, event: 'release', ref: 'refs/tags/v1' }, false],
    ['a release that claims the default branch', { ...main, event: 'release' }, false],
    ['a dispatch from outside', { ...main, event: 'repository_dispatch' }, false],
    ['a called workflow that is told as such', { ...main, event: 'workflow_call' }, false],
    ['an event that is spelled otherwise', { ...main, event: 'Push' }, false],
    ['an event of the future', { ...main, event: 'push_v2' }, false],
    ['a workflow_run', { ...main, event: 'workflow_run' }, false],
    ['a comment', { ...main, event: 'issue_comment' }, false],
    ['a merge queue', { ...main, event: 'merge_group', ref: 'refs/heads/gh-readonly-queue/main/x' }, false],
    ['a merge queue that claims the default branch', { ...main, event: 'merge_group' }, false],
    ['an event that is not told', { ...main, event: undefined }, false],
    ['a ref that is not told', { ...main, ref: undefined }, false],
    ['a default branch that is not told', { ...main, defaultBranch: undefined }, false],
    ['a job of nobody knows what', { ...local, ci: 'unknown', sign: 'CI is set' }, false],
    ['a push to the default branch on GitLab', { ...main, ci: 'GitLab' }, true],
    [
      'a merge request on GitLab',
      { ...main, ci: 'GitLab', event: 'merge_request_event', ref: 'refs/pull/1' },
      false,
    ],
    ['an event of GitHub on GitLab', { ...main, ci: 'GitLab', event: 'workflow_dispatch' }, false],
    ['a CI system that tells no event', { ...main, ci: 'Jenkins', event: undefined }, false],
    ['a CI system whose events are not known', { ...main, ci: 'Jenkins' }, false],
  ])('%s', (_, provenance, mayPush) => {
    const decision = decidePush('trusted', provenance);
    expect(decision.mayPush).toBe(mayPush);
    expect(decision.why).not.toMatch(/undefined/);
  });
});

describe('push: always and never', () => {
  test.each<[PushPolicy, boolean]>([
    ['always', true],
    ['never', false],
  ])('%s decides alone', (policy, mayPush) => {
    const events = ['push', 'pull_request', 'pull_request_target', 'workflow_run', 'merge_group', undefined];
    for (const provenance of [local, ...events.map((event) => ({ ...main, event }))]) {
      expect(decidePush(policy, provenance).mayPush).toBe(mayPush);
    }
  });
});

describe('what is stored already', () => {
  const origin = (provenance: Provenance) => originOf(provenance);
  const pull = { ...main, event: 'pull_request', ref: 'refs/pull/1/merge' };

  test.each<[PushPolicy, Provenance, boolean]>([
    ['trusted', main, true],
    ['trusted', local, true],
    ['trusted', pull, false],
    ['always', pull, true],
    ['never', main, false],
  ])('with %s', (policy, provenance, mayPush) => {
    expect(mayPushStored(policy, origin(provenance))).toBe(mayPush);
  });
});

describe('where nothing is pushed because nobody tells whose code it is', () => {
  const someCi: Provenance = { ...local, ci: 'unknown', sign: 'CI is set' };

  test.each<[string, Provenance]>([
    ['a job of nobody knows what', someCi],
    ['no event', { ...main, event: undefined }],
    ['no default branch', { ...main, defaultBranch: undefined }],
  ])('%s is told, with the way out', (_, provenance) => {
    expect(unjudged('trusted', provenance)).toMatch(/`push: always`/);
    expect(unjudged('always', provenance)).toBeUndefined();
    expect(unjudged('never', provenance)).toBeUndefined();
  });

  test.each<[string, Provenance]>([
    ['a laptop', local],
    ['the default branch', main],
    ['a pull request', { ...main, event: 'pull_request', ref: 'refs/pull/1/merge' }],
    ['another branch', { ...main, ref: 'refs/heads/x' }],
  ])('%s is not told', (_, provenance) => expect(unjudged('trusted', provenance)).toBeUndefined());
});
