import { formatAge } from '../format-age.js';
import { formatBytes, formatCount, formatShare } from '../format-quantity.js';
import { printable } from '../printable.js';
import type { UsageSection } from './usage-section.js';

/** How full the local cache is, and of what. Sizes in bytes, times in milliseconds. */
export interface LocalUsage {
  readonly folder: string;
  /** Of the whole folder. */
  readonly quota: number;
  /** Whether a casd runs there. */
  readonly running: boolean;
  /** casd's blobs as casd counts them, and what it may have of them. */
  readonly casd: { readonly size: number; readonly quota: number };
  readonly results: number;
  /** Of the results, those that lack something. */
  readonly incomplete: number;
  readonly blobs: number;
  /** What complete results need. */
  readonly live: { readonly blobs: number; readonly bytes: number };
  readonly dead: { readonly blobs: number; readonly bytes: number };
  /** What is in the folder beside blobs. */
  readonly own: {
    readonly memory: number;
    readonly tools: number;
    readonly results: number;
    readonly other: number;
  };
  /** When the longest unused result was used last, since 1970; null where there is none. */
  readonly oldest: number | null;
  readonly maxAge: number;
}

/** All of the folder. */
export function usedBytes({ casd, own }: LocalUsage): number {
  return casd.size + own.memory + own.tools + own.results + own.other;
}

/** @param now milliseconds since 1970 */
export function localSection(usage: LocalUsage, now: number): UsageSection {
  const { folder, quota, running, casd, results, incomplete, blobs, live, dead, own } = usage;
  const size = usedBytes(usage);
  const parts = [
    ...(own.tools > 0 ? [`BuildBox ${formatBytes(own.tools)}`] : []),
    `results ${formatBytes(own.results)}`,
    `memory ${formatBytes(own.memory)}`,
    ...(own.other > 0 ? [`the rest ${formatBytes(own.other)}`] : []),
  ];
  return {
    name: 'local',
    rows: [
      ['folder', printable(folder)],
      ['size', `${formatBytes(size)} of ${formatBytes(quota)} (${formatShare(size, quota)})`],
      [
        'casd',
        `${formatBytes(casd.size)} of ${formatBytes(casd.quota)}, ${running ? 'running' : 'not running'}`,
      ],
      [
        'results',
        `${formatCount(results, 'result')}${incomplete > 0 ? `, ${incomplete} of them incomplete` : ''}`,
      ],
      ['blobs', formatCount(blobs, 'blob')],
      ['live', `${formatCount(live.blobs, 'blob')}, ${formatBytes(live.bytes)}: what results need`],
      [
        'dead',
        `${formatCount(dead.blobs, 'blob')}, ${formatBytes(dead.bytes)}: inputs, and what was needed once`,
      ],
      ['other', parts.join(', ')],
      ['oldest', oldestWords(usage, now)],
    ],
    document: localDocument(usage, size),
  };
}

function oldestWords({ oldest, maxAge }: LocalUsage, now: number): string {
  if (oldest === null) return 'no result';
  const age = Math.max(0, now - oldest);
  const left = maxAge - age;
  const used = `used ${formatAge(age)} ago`;
  return left > 0
    ? `${used}, goes in ${formatAge(left)} if nobody uses it`
    : `${used}, goes with the next expiry`;
}

/** Times as ISO 8601. */
function localDocument({ maxAge, ...usage }: LocalUsage, size: number): UsageSection['document'] {
  const iso = (time: number) => new Date(time).toISOString();
  const { oldest } = usage;
  return {
    ...usage,
    size,
    maxAgeMilliseconds: maxAge,
    oldest: oldest === null ? null : { usedAt: iso(oldest), expiresAt: iso(oldest + maxAge) },
  };
}
