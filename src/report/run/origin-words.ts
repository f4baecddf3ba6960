import type { Tier } from '../../trust/tier.js';

/** What a result was built under. */
export interface ReportedOrigin {
  readonly tier: Tier;
  /** Null where it is not known. */
  readonly repository: string | null;
  readonly ref: string;
  /** What ran somebody else's code under the name of the ref; null for the ref's own runs. */
  readonly event: string | null;
}

/** Whose result it is, to be put after `it is`. */
export function originWords({ tier, ref, event, repository }: ReportedOrigin): string {
  if (tier === 'local') return 'of a machine outside CI';
  const of = repository === null ? '' : ` of ${repository}`;
  const by = event === null ? '' : ` by ${event}`;
  return tier === 'trusted'
    ? `of the default branch's own runs (${ref}${of})`
    : `of ${ref}${of}${by}, which is untrusted`;
}
