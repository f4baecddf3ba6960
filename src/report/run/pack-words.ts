import { formatBytes, formatCount, formatDuration, formatShare } from '../format-quantity.js';
import { githubLimits } from '../github-limits.js';
import type { ForgottenWhy, PackReport, PackTotals, SaveReport } from './pack-report.js';
import type { RunReport } from './report.js';

const LOOKUP = {
  hit: 'had the result',
  miss: 'did not have the result',
  unavailable: 'could not be used',
  'not asked': 'was not asked',
} as const;

const FORGOTTEN: Readonly<Record<ForgottenWhy, string>> = {
  unused: 'unused for longer than `cache-max-age`',
  lost: 'no longer there in full',
  'over-quota': 'the oldest beyond `cache-quota`',
  'larger-than-quota': 'larger than `cache-quota`',
  'index-full': 'more than one index may name',
};

/** What a run had of the cache between runs, and what it gave to it. */
export function packLines({ kept, save }: Pick<RunReport, 'kept' | 'save'>): readonly string[] {
  return [...(kept === null ? [] : [packLine(kept)]), ...(save === null ? [] : [saveLine(save)])];
}

function packLine({ place, lookup, restored, problem }: PackReport): string {
  return [
    `${place} ${LOOKUP[lookup]}`,
    ...(restored > 0 ? [`${formatBytes(restored)} fetched`] : []),
    ...(problem === null ? [] : [problem]),
  ].join('; ');
}

/** What a save did, in one line. */
export function saveLine(save: SaveReport): string {
  if (save.problem !== null && save.kept === null) return `nothing was saved: ${save.problem}`;
  return [
    `saved ${formatCount(save.results, 'result')} and ${formatCount(save.blobs, 'new blob')}, ` +
      `${formatBytes(save.saved)} in ${formatDuration(save.duration)}`,
    ...(save.moved > 0 ? [`of it ${formatBytes(save.moved)} to make up for dead space`] : []),
    ...save.forgotten.map(({ why, ...entries }) => `${entriesWords(entries)} forgotten (${FORGOTTEN[why]})`),
    ...(save.kept === null ? [] : [totals(save.kept)]),
    ...(save.kept !== null && save.onGitHub ? [githubLimits(save.kept.bytes)] : []),
    ...(save.problem === null ? [] : [save.problem]),
  ].join('; ');
}

function totals({ packs, bytes, dead, ...kept }: NonNullable<SaveReport['kept']>): string {
  return `kept now: ${entriesWords(kept)} in ${formatCount(packs, 'pack')}, ${formatBytes(bytes)} (${formatShare(dead, bytes)} dead)`;
}

/** `3 results`, `3 results and 1 root file system`. */
export function entriesWords({ results, trees }: Pick<PackTotals, 'results' | 'trees'>): string {
  const kinds = [
    ...(results > 0 || trees === 0 ? [formatCount(results, 'result')] : []),
    ...(trees > 0 ? [formatCount(trees, 'root file system')] : []),
  ];
  return kinds.join(' and ');
}
