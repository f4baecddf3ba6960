import type { Provenance } from './provenance.js';

/** `trusted` or `untrusted` code, on GitHub; `local` anywhere else. */
export type Tier = 'local' | 'trusted' | 'untrusted';

/** Events that run what stands on a branch, and not what somebody proposes. */
const BRANCH_EVENTS: ReadonlySet<string | undefined> = new Set(['push', 'schedule', 'workflow_dispatch']);

/** Whether the ref that a run names is that of the code it runs. */
export function runsItsRef({ event }: Provenance): boolean {
  return BRANCH_EVENTS.has(event);
}

/** Whose code it is that runs here, and how that is known. What is not known is not trusted. */
export function judgeTier(provenance: Provenance): { readonly tier: Tier; readonly because: string } {
  const { onGitHub, event, ref, defaultBranch } = provenance;
  if (!onGitHub) return { tier: 'local', because: 'it runs outside GitHub' };
  if (!runsItsRef(provenance)) {
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
