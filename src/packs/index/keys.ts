import { createHash } from 'node:crypto';
import type { ScopeName } from '../../trust/cache-scopes.js';

/** Raised when what is kept changes so that older versions would misread it. */
const FORMAT = 'buildbox-1';
const SEQUENCE_DIGITS = 8;

/** The names of what is kept. No part of a key comes from outside as it is. */
export interface CacheKeys {
  /** What the keys of all indexes begin with that are written under a scope. */
  indexPrefix(scope: ScopeName): string;
  index(scope: ScopeName, sequence: number): string;
  /** What the keys of all packs begin with that are written under a scope. */
  packPrefix(scope: ScopeName): string;
  /** @param attempt from 1: another key for a pack whose first one is taken by somebody who never stored it */
  pack(scope: ScopeName, id: string, attempt: number): string;
}

/** @param key what `cache-key` says: who has the same shares what is kept */
export function cacheKeys(key: string): CacheKeys {
  const prefix = (kind: string, scope: ScopeName) =>
    `${FORMAT}-${kind}-${shortHash(key)}-${shortHash(scopeText(scope))}-`;
  return {
    indexPrefix: (scope) => prefix('index', scope),
    index: (scope, sequence) => prefix('index', scope) + String(sequence).padStart(SEQUENCE_DIGITS, '0'),
    packPrefix: (scope) => prefix('pack', scope),
    pack: (scope, id, attempt) => prefix('pack', scope) + (attempt === 1 ? id : `${id}-${attempt}`),
  };
}

/**
 * One text for each scope. Earlier versions joined ref and event by `#`, which is legal in a ref: a ref that has one in it
 * gets a text that none of them ever wrote under.
 */
export function scopeText({ ref, event }: ScopeName): string {
  return event === null && !ref.includes('#') ? ref : JSON.stringify([ref, event]);
}

/** The number of the index that has this key; undefined when it is not one of ours. */
export function sequenceOf(key: string): number | undefined {
  const digits = /-(\d{8})$/.exec(key)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** Tells one text from another where the text itself is no name for a file. */
export function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
