import { formatDuration } from '../format-quantity.js';
import { printable } from '../printable.js';
import type { RunReport } from './report.js';

/** Whether the run ends red: a build that failed now, or one remembered as failed. */
export function hasFailed(report: RunReport): boolean {
  return report.result === 'failed' || report.exitCode !== 0;
}

/** What came of the run, to be put after the command: `built in 12.3 s`. */
export function outcomeOf(report: RunReport): string {
  const after = `in ${formatDuration(report.duration)}`;
  if (!hasFailed(report)) return `${report.result === 'hit' ? 'hit' : 'built'} ${after}`;
  const remembered = report.hitFrom === null ? '' : ', as remembered,';
  const code = report.exitCode === 0 ? '' : ` with exit code ${report.exitCode}`;
  const why = report.failure === null ? '' : `: ${printable(report.failure)}`;
  return `failed${remembered}${code} ${after}${why}`;
}
