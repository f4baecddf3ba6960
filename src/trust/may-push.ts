import type { Origin } from './belief.js';
import type { Provenance } from './provenance.js';
import { judgeTier, type Tier } from './tier.js';

/** Who writes results where others read them: `push` of the interface. */
export type PushPolicy = 'trusted' | 'always' | 'never';

export interface PushDecision {
  readonly tier: Tier;
  readonly mayPush: boolean;
  /** One line for the record and the summary. */
  readonly why: string;
}

/**
 * Decides whether what is built here may be given to others. In a CI job only the default branch's own runs are
 * trusted: never a pull request, never a fork, and nothing whose origin is not known.
 */
export function decidePush(policy: PushPolicy, provenance: Provenance): PushDecision {
  const { tier, because } = judgeTier(provenance);
  if (policy === 'never') return { tier, mayPush: false, why: 'push is `never`' };
  if (policy === 'always') return { tier, mayPush: true, why: 'push is `always`' };
  return { tier, mayPush: tier !== 'untrusted', why: because };
}

/** Whether policy lets a result out that was built before, whoever expires it now. */
export function mayPushStored(policy: PushPolicy, { tier }: Origin): boolean {
  return policy === 'always' || (policy === 'trusted' && tier !== 'untrusted');
}

/** What to say where nothing is pushed only because nobody tells whose code this is; undefined anywhere else. */
export function unjudged(policy: PushPolicy, provenance: Provenance): string | undefined {
  const { because, known } = judgeTier(provenance);
  if (policy !== 'trusted' || known) return undefined;
  return `the remote is given nothing: ${because}; with \`push: always\` it is`;
}
