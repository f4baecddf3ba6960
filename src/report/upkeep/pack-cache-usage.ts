import { formatAge } from '../format-age.js';
import { formatBytes, formatCount, formatShare } from '../format-quantity.js';
import { GITHUB_BYTES, GITHUB_DAYS, githubLimits } from '../github-limits.js';
import { entriesWords } from '../run/pack-words.js';
import { printable } from '../printable.js';
import type { UsageSection } from './usage-section.js';

/** What is kept between runs. Sizes in bytes, times in milliseconds since 1970. */
export interface PackCacheUsage {
  readonly place: string;
  readonly onGitHub: boolean;
  /** Of the packs that this run would write. */
  readonly quota: number;
  /** What this run may read; its own ref's comes last. */
  readonly refs: readonly PackCacheRef[];
  /** Notes of results that are not saved yet. */
  readonly unsaved: number;
}

export interface PackCacheRef {
  readonly ref: string;
  /** What ran somebody else's code under the name of this ref; null for the ref's own runs. */
  readonly event: string | null;
  readonly results: number;
  /** Root file systems. */
  readonly trees: number;
  readonly packs: number;
  readonly blobs: number;
  /** Of the packs, and of that what no result needs. */
  readonly bytes: number;
  readonly dead: number;
  /** When the longest unused result was used last; null where there is none. */
  readonly oldest: number | null;
}

/** @param now milliseconds since 1970 */
export function packCacheSection(usage: PackCacheUsage, now: number): UsageSection {
  const bytes = usage.refs.reduce((sum, ref) => sum + ref.bytes, 0);
  return {
    name: 'kept',
    rows: [
      ['place', printable(usage.place)],
      ...usage.refs.map((ref) => [scopeWords(ref), refWords(ref, usage.quota, now)] as const),
      ['unsaved', formatCount(usage.unsaved, 'note')],
      ...(usage.onGitHub ? [['limits', githubLimits(bytes)] as const] : []),
    ],
    document: {
      ...usage,
      bytes,
      ...(usage.onGitHub ? { githubBytes: GITHUB_BYTES, githubDays: GITHUB_DAYS } : {}),
    },
  };
}

function scopeWords({ ref, event }: PackCacheRef): string {
  return printable(event === null ? ref : `${ref} by ${event}`);
}

function refWords(
  { packs, blobs, bytes, dead, oldest, ...kept }: PackCacheRef,
  quota: number,
  now: number,
): string {
  if (kept.results + kept.trees === 0) return 'nothing';
  const parts = [
    `${entriesWords(kept)}, ${formatCount(blobs, 'blob')} in ${formatCount(packs, 'pack')}`,
    `${formatBytes(bytes)} of ${formatBytes(quota)} (${formatShare(bytes, quota)}), ${formatShare(dead, bytes)} dead`,
    ...(oldest === null ? [] : [`oldest used ${formatAge(Math.max(0, now - oldest))} ago`]),
  ];
  return parts.join('; ');
}
