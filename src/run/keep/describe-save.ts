import type { SaveOutcome } from '../../packs/save-results.js';
import type { GoneEntry } from '../../packs/tidy/tidy-index.js';
import type { ForgottenEntries, ForgottenWhy, SaveReport } from '../../report/run/pack-report.js';

type SaveCircumstances = Pick<SaveReport, 'duration' | 'onGitHub'>;

export function describeSave(outcome: SaveOutcome, how: SaveCircumstances): SaveReport {
  const { sent, results, blobs, moved, gone, unusable, kept } = outcome;
  const [first] = unusable;
  return {
    saved: sent,
    results,
    blobs,
    moved,
    forgotten: countGone(gone),
    kept,
    ...how,
    problem:
      first === undefined ? null : `${unusable.length} of the results cannot be saved: ${first.message}`,
  };
}

function countGone(gone: readonly GoneEntry[]): readonly ForgottenEntries[] {
  const counts = new Map<ForgottenWhy, { results: number; trees: number }>();
  for (const { why, entry } of gone) {
    const count = counts.get(why) ?? { results: 0, trees: 0 };
    count[entry.result === null ? 'trees' : 'results']++;
    counts.set(why, count);
  }
  return [...counts].map(([why, count]) => ({ why, ...count }));
}

export function describeFailedSave(problem: string, how: SaveCircumstances): SaveReport {
  const nothing = { saved: 0, results: 0, blobs: 0, moved: 0, forgotten: [], kept: null };
  return { ...nothing, ...how, problem };
}
