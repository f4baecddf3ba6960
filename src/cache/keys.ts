import { createHash } from 'node:crypto';

/** Raised when what is kept changes so that older versions would misread it. */
const FORMAT = 'buildbox-1';
const SEQUENCE_DIGITS = 8;

/** The names of what is kept. No part of a key comes from outside as it is. */
export interface CacheKeys {
  /** What the keys of all indexes begin with that are written under a ref. */
  indexPrefix(ref: string): string;
  index(ref: string, sequence: number): string;
  /** What the keys of all packs begin with that are written under a ref. */
  packPrefix(ref: string): string;
  /** @param attempt from 1: another key for a pack whose first one is taken by somebody who never stored it */
  pack(ref: string, id: string, attempt: number): string;
}

/** @param key what `cache-key` says: who has the same shares what is kept */
export function cacheKeys(key: string): CacheKeys {
  const prefix = (kind: string, ref: string) => `${FORMAT}-${kind}-${shortHash(key)}-${shortHash(ref)}-`;
  return {
    indexPrefix: (ref) => prefix('index', ref),
    index: (ref, sequence) => prefix('index', ref) + String(sequence).padStart(SEQUENCE_DIGITS, '0'),
    packPrefix: (ref) => prefix('pack', ref),
    pack: (ref, id, attempt) => prefix('pack', ref) + (attempt === 1 ? id : `${id}-${attempt}`),
  };
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
