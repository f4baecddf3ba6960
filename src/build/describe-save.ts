import type { SaveOutcome } from '../cache/save-results.js';
import type { ForgottenWhy, SaveReport } from '../report/kept-report.js';

export function describeSave(outcome: SaveOutcome, duration: number): SaveReport {
  const { sent, results, blobs, moved, gone, unusable, kept } = outcome;
  const counts = new Map<ForgottenWhy, number>();
  for (const { why } of gone) counts.set(why, (counts.get(why) ?? 0) + 1);
  const [first] = unusable;
  return {
    saved: sent,
    results,
    blobs,
    moved,
    forgotten: [...counts].map(([why, count]) => ({ why, results: count })),
    kept,
    duration: Math.round(duration),
    problem:
      first === undefined ? null : `${unusable.length} of the results cannot be saved: ${first.message}`,
  };
}

export function describeFailedSave(problem: string, duration: number): SaveReport {
  const nothing = { saved: 0, results: 0, blobs: 0, moved: 0, forgotten: [], kept: null };
  return { ...nothing, duration: Math.round(duration), problem };
}
