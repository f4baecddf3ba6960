import type { Provenance } from './provenance.js';
import { isProposal, judgeTier, runsItsRef, type Tier } from './tier.js';

/** Whose results belong together. */
export interface ScopeName {
  /** A full ref, such as `refs/heads/main`; `local` outside of any CI system, `unknown` where one does not tell. */
  readonly ref: string;
  /** What ran somebody else's code under the name of this ref; null for the ref's own runs. */
  readonly event: string | null;
}

/** A name for what one kind of run writes into a cache that several share. */
export interface CacheScope extends ScopeName {
  readonly tier: Tier;
}

export interface CacheScopes {
  /** Where this run writes. */
  readonly own: CacheScope;
  /** What it reads, the most trusted first. */
  readonly readable: readonly ScopeName[];
}

/**
 * Which parts of a shared cache a run reads and writes. It reads its own ref's, its base branch's and the default
 * branch's, as GitHub's own cache has it, and writes only its own. Events such as `pull_request_target` run somebody
 * else's code under the name of a branch: what these write is kept apart from the branch's own.
 */
export function cacheScopes(provenance: Provenance): CacheScopes {
  const own = ownScope(provenance);
  const { defaultBranch, baseBranch } = provenance;
  const branches = [defaultBranch, baseBranch].flatMap((branch) =>
    branch === undefined ? [] : [{ ref: `refs/heads/${branch}`, event: null }],
  );
  const readable: ScopeName[] = [];
  for (const scope of [...branches, { ref: own.ref, event: own.event }]) {
    if (!readable.some((other) => sameScope(other, scope))) readable.push(scope);
  }
  return { own, readable };
}

/** GitHub's merge queue makes a branch for one run of its checks, and removes it after that. */
const QUEUE = 'refs/heads/gh-readonly-queue/';

/** Whether a later run can read what this scope keeps. */
export function isReadLater({ ref, event }: ScopeName): boolean {
  return event !== 'merge_group' && !ref.startsWith(QUEUE);
}

export function sameScope(a: ScopeName, b: ScopeName): boolean {
  return a.ref === b.ref && a.event === b.event;
}

function ownScope(provenance: Provenance): CacheScope {
  const { tier } = judgeTier(provenance);
  if (tier === 'local') return { ref: 'local', event: null, tier };
  const { ref = 'unknown', event = 'unknown' } = provenance;
  return { ref, event: runsItsRef(provenance) || isProposal(provenance) ? null : event, tier };
}
