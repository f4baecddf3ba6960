import { alignColumns } from '../columns.js';
import type { DeadGoes, ExpiryRemote, ExpiryReport, ResultGoes, ResultStays } from './expiry-report.js';
import { formatAge } from '../format-age.js';
import { formatBytes, formatCount, formatShare } from '../format-quantity.js';
import { printable } from '../printable.js';

/** What expiry did, as lines for a terminal or a log. */
export function expiryLines(report: ExpiryReport): readonly string[] {
  const { before, after, quota, dryRun } = report;
  const freed = before - after;
  const left = `${formatBytes(after)} of ${formatBytes(quota)} (${formatShare(after, quota)})`;
  const first = dryRun
    ? `would free ${formatBytes(freed)} of ${formatBytes(before)}; ${left} would stay`
    : `freed ${formatBytes(freed)} of ${formatBytes(before)}; ${left} stay`;
  const rows = [...wentRows(report), ...stayedRows(report)].map((row) => ['', ...row]);
  return [first, ...alignColumns(rows), ...leftLines(report), ...remoteLines(report)];
}

/** Why results go, in the order in which they do. */
function goesWords({ maxAge, remote, dryRun }: ExpiryReport): Readonly<Record<ResultGoes, string>> {
  return {
    incomplete: 'lacked something, so that nobody could use them',
    unused: `not used for ${formatAge(maxAge)}`,
    'remote-has': 'on the remote too, longest unused',
    pushed: dryRun
      ? 'longest unused, to be given to the remote first'
      : 'longest unused, given to the remote first',
    space: remote === null ? 'longest unused' : 'longest unused; the remote did not answer',
    'over-quota': 'longest unused, only here, and more than `cache-quota` allows',
  };
}

function staysWords({ remote }: ExpiryReport): Readonly<Record<ResultStays, string>> {
  return {
    fits: 'there is room for them',
    newest: 'the newest result',
    withheld: 'the remote lacks them, and they are not of those that this run may give away',
    'only-here': `the remote lacks them${remote?.mayPush === false ? ` and may not be given them: ${printable(remote.why)}` : ' and did not take them'}`,
  };
}

function wentRows(report: ExpiryReport): string[][] {
  const verb = report.dryRun ? 'would go' : 'went';
  const dead: Readonly<Record<DeadGoes, string>> = {
    unused: `no results; not used for ${formatAge(report.maxAge)}`,
    space: 'no results (inputs, mostly), longest unused',
  };
  return [
    ...rowsOf(verb, report.went, goesWords(report), resultCount),
    ...rowsOf(verb, report.wentDead, dead, blobCount),
  ];
}

function stayedRows(report: ExpiryReport): string[][] {
  const { stayedDead } = report;
  const dead = stayedDead.blobs === 0 ? {} : { fits: stayedDead };
  return [
    ...rowsOf('stays', report.stayed, staysWords(report), resultCount),
    ...rowsOf('stays', dead, { fits: 'no results; they speed up the next build' }, blobCount),
  ];
}

/** One row for each reason that applies. */
function rowsOf<Why extends string, Count extends { readonly bytes: number }>(
  verb: string,
  counts: Readonly<Partial<Record<Why, Count>>>,
  words: Readonly<Record<Why, string>>,
  say: (count: Count) => string,
): string[][] {
  return (Object.keys(words) as Why[]).flatMap((why) => {
    const count = counts[why];
    return count === undefined ? [] : [[verb, say(count), formatBytes(count.bytes), words[why]]];
  });
}

function resultCount({ results }: { readonly results: number }): string {
  return formatCount(results, 'result');
}

function blobCount({ blobs }: { readonly blobs: number }): string {
  return formatCount(blobs, 'blob');
}

function leftLines({ left }: ExpiryReport): readonly string[] {
  return left === 0 ? [] : [`the disk is slow: ${formatCount(left, 'blob')} of these go the next time`];
}

const ANSWERS: Readonly<Record<ExpiryRemote['status'], string>> = {
  answered: 'was asked',
  unavailable: 'did not answer, so nothing is known of what it has',
  'not-asked': 'was not asked: there is room enough',
};

function remoteLines({ remote }: ExpiryReport): readonly string[] {
  if (remote === null) return [];
  const { results, blobs, bytes } = remote.pushed;
  const pushed =
    results + blobs === 0
      ? ''
      : `; it was given ${formatCount(results, 'result')}, ${formatCount(blobs, 'blob')}, ${formatBytes(bytes)}`;
  return [`${printable(remote.endpoint)} ${ANSWERS[remote.status]}${pushed}`];
}
