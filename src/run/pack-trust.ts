import type { PackPlace } from '../config/config.js';
import { believer, originOf, type RequiredTier } from '../trust/belief.js';
import type { CacheScope } from '../trust/cache-scopes.js';
import type { Provenance } from '../trust/provenance.js';

/** What a run believes of a place where results are kept between runs. */
export interface PackTrust {
  /** Whose results are kept there. */
  readonly repository: string | null;
  readonly believes: (scope: CacheScope) => boolean;
  /** Why no result of it is asked for; undefined where they are. */
  readonly unproven: string | undefined;
}

/**
 * GitHub looks a key up under the run's own ref first, and any step of a pull request's job can have written something
 * there under any key: what is found proves nothing to a run whose own ref is not to be believed.
 */
export function packTrust(place: PackPlace, provenance: Provenance, requireTier: RequiredTier): PackTrust {
  const { repository, tier } = originOf(provenance);
  const believes = believer(provenance, requireTier);
  const proves = requireTier === 'any' || place.kind !== 'github' || tier === 'trusted';
  return {
    repository,
    believes: (scope) => believes({ ...scope, repository }),
    unproven: proves
      ? undefined
      : "GitHub's cache is not asked for a result: what this ref's own jobs wrote there looks the same as the default branch's (`require-tier: trusted`)",
  };
}
