import type { Provenance } from './provenance.js';
import { judgeTier, runsItsRef, type Tier } from './tier.js';

/** A name for what one kind of run writes into a cache that several share. */
export interface CacheScope {
  /** A full ref, such as `refs/heads/main`; `local` outside of any. */
  readonly ref: string;
  readonly tier: Tier;
}

export interface CacheScopes {
  /** Where this run writes. */
  readonly own: CacheScope;
  /** The refs that it reads, the most trusted first. */
  readonly readable: readonly string[];
}

/**
 * Which parts of a shared cache a run reads and writes. It reads its own ref's, its base branch's and the default
 * branch's, as GitHub's own cache has it, and writes only its own. Events such as `pull_request_target` run somebody
 * else's code under the name of a branch: what these write is kept apart from the branch's own.
 */
export function cacheScopes(provenance: Provenance): CacheScopes {
  const { ref = 'local', event, baseBranch, defaultBranch, onGitHub } = provenance;
  const isItsOwn = !onGitHub || runsItsRef(provenance) || ref.startsWith('refs/pull/');
  const own = isItsOwn ? ref : `${ref}#${event ?? 'unknown'}`;
  const branches = [defaultBranch, baseBranch].flatMap((branch) =>
    branch === undefined ? [] : [`refs/heads/${branch}`],
  );
  return { own: { ref: own, tier: judgeTier(provenance).tier }, readable: [...new Set([...branches, own])] };
}
