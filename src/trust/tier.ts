import type { CiSystem, Provenance } from './provenance.js';

/** `trusted` or `untrusted` code, in a CI job; `local` where nothing looks like one. */
export type Tier = 'local' | 'trusted' | 'untrusted';

/** Events that run what stands on a branch, and not what somebody proposes. */
const BRANCH_EVENTS: Readonly<Partial<Record<CiSystem, readonly string[]>>> = {
  GitHub: ['push', 'schedule', 'workflow_dispatch'],
  GitLab: ['push', 'schedule', 'web'],
  Buildkite: ['webhook', 'schedule'],
  Drone: ['push', 'cron'],
  Woodpecker: ['push', 'cron', 'manual'],
};

export interface Judgement {
  readonly tier: Tier;
  readonly because: string;
  /** Whether all is known that it takes to judge. */
  readonly known: boolean;
}

/** Whether the ref that a run names is that of the code it runs. */
export function runsItsRef({ ci, event }: Provenance): boolean {
  if (ci === undefined || ci === 'unknown' || event === undefined) return false;
  return BRANCH_EVENTS[ci]?.includes(event) === true;
}

/** Whether the ref is that of a proposal, under which nothing else runs. */
export function isProposal({ ref = '' }: Provenance): boolean {
  return ref.startsWith('refs/pull/');
}

/** Whose code it is that runs here, and how that is known. What is not known is not trusted. */
export function judgeTier(provenance: Provenance): Judgement {
  const { ci, sign, event, ref, defaultBranch } = provenance;
  if (ci === undefined) return { tier: 'local', because: 'it runs outside CI', known: true };
  const untrusted = (because: string, known: boolean): Judgement => ({ tier: 'untrusted', because, known });
  if (ci === 'unknown') {
    return untrusted(
      `it looks like a CI job (${sign ?? 'CI'}) that does not say whose code it builds`,
      false,
    );
  }
  if (isProposal(provenance)) return untrusted(`it builds the proposal ${ref ?? ''}`, true);
  if (event === undefined) return untrusted('the event is not known', false);
  if (!runsItsRef(provenance)) return untrusted(`the event is ${event}`, true);
  if (defaultBranch === undefined) return untrusted('the default branch is not known', false);
  if (ref === undefined) return untrusted('the ref is not known', false);
  if (ref !== `refs/heads/${defaultBranch}`) {
    return untrusted(`${ref} is not the default branch ${defaultBranch}`, true);
  }
  return { tier: 'trusted', because: `it is a ${event} on the default branch`, known: true };
}
