import { createHash } from 'node:crypto';

/** Raised when what is kept changes so that older versions would misread it. */
const FORMAT = 'buildbox-1';
const SEQUENCE_DIGITS = 8;

/** The names of what is kept. No part of a key comes from outside as it is. */
export interface CacheKeys {
  /** What the keys of all indexes begin with that are written under a ref. */
  indexPrefix(ref: string): string;
  index(ref: string, sequence: number): string;
}

/** @param key what `cache-key` says: who has the same shares what is kept */
export function cacheKeys(key: string): CacheKeys {
  const indexPrefix = (ref: string) => `${FORMAT}-index-${shortHash(key)}-${shortHash(ref)}-`;
  return {
    indexPrefix,
    index: (ref, sequence) => indexPrefix(ref) + String(sequence).padStart(SEQUENCE_DIGITS, '0'),
  };
}

/** The number of the index that has this key; undefined when it is not one of ours. */
export function sequenceOf(key: string): number | undefined {
  const digits = /-(\d{8})$/.exec(key)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

export const PACK_PREFIX = `${FORMAT}-pack-`;

/** @param attempt from 1: another key for a pack whose first one is taken by somebody who never stored it */
export function packKey(id: string, attempt: number): string {
  return attempt === 1 ? `${PACK_PREFIX}${id}` : `${PACK_PREFIX}${id}-${attempt}`;
}

/** Tells one text from another where the text itself is no name for a file. */
export function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
