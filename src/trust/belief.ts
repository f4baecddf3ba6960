import { type CacheScope, cacheScopes, sameScope } from './cache-scopes.js';
import type { Provenance } from './provenance.js';

/** `require-tier` of the interface. */
export type RequiredTier = 'any' | 'trusted';

/** What a result was built under: all that it is believed by. */
export interface Origin extends CacheScope {
  /** Null where it is not known. */
  readonly repository: string | null;
}

/** What this run's own results are built under. */
export function originOf(provenance: Provenance): Origin {
  return { ...cacheScopes(provenance).own, repository: provenance.repository ?? null };
}

/**
 * Which results a run takes in place of building. One of the default branch believes only what the default branch's own
 * runs wrote; another CI job what its own ref, its base branch and the default branch of its repository wrote; a machine of
 * one's own what machines like it wrote, and what is trusted.
 */
export function believer(provenance: Provenance, required: RequiredTier): (origin: Origin) => boolean {
  const { own, readable } = cacheScopes(provenance);
  const repository = provenance.repository ?? null;
  return (origin) => {
    if (required === 'trusted' && origin.tier !== 'trusted') return false;
    if (own.tier === 'local') return origin.tier !== 'untrusted';
    if (origin.repository !== repository || origin.tier === 'local') return false;
    if (own.tier === 'trusted' && origin.tier !== 'trusted') return false;
    return readable.some((scope) => sameScope(scope, origin));
  };
}
