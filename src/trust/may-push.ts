import type { Provenance } from './provenance.js';

/** Who writes results where others read them: `push` of the interface. */
export type PushPolicy = 'trusted' | 'always' | 'never';

export interface PushDecision {
  /** `trusted` or `untrusted` code, on GitHub; `local` anywhere else. */
  readonly tier: 'local' | 'trusted' | 'untrusted';
  readonly mayPush: boolean;
  /** One line for the record and the summary. */
  readonly why: string;
}

/** Events that run what stands on a branch, and not what somebody proposes. */
const TRUSTED_EVENTS: ReadonlySet<string | undefined> = new Set(['push', 'schedule', 'workflow_dispatch']);

/**
 * Decides whether what is built here may be given to others. On GitHub only the default branch's own runs are
 * trusted: never a pull request, never a fork, and nothing whose origin is not known.
 */
export function decidePush(policy: PushPolicy, provenance: Provenance): PushDecision {
  const { tier, because } = judgeTier(provenance);
  if (policy === 'never') return { tier, mayPush: false, why: 'push is `never`' };
  if (policy === 'always') return { tier, mayPush: true, why: 'push is `always`' };
  return { tier, mayPush: tier !== 'untrusted', why: because };
}

function judgeTier(provenance: Provenance): { tier: PushDecision['tier']; because: string } {
  const { onGitHub, event, ref, defaultBranch } = provenance;
  if (!onGitHub) return { tier: 'local', because: 'it runs outside GitHub' };
  if (!TRUSTED_EVENTS.has(event)) {
    return { tier: 'untrusted', because: `the event is ${event ?? 'not known'}` };
  }
  if (defaultBranch === undefined) {
    return { tier: 'untrusted', because: 'the default branch is not known' };
  }
  if (ref !== `refs/heads/${defaultBranch}`) {
    return { tier: 'untrusted', because: `${ref ?? 'the ref'} is not the default branch ${defaultBranch}` };
  }
  return { tier: 'trusted', because: `it is a ${event ?? ''} on the default branch` };
}
