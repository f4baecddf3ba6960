import type { SaveReport } from '../../report/run/pack-report.js';
import { saveLine } from '../../report/run/pack-words.js';
import { prose } from '../../report/markdown.js';
import type { Host } from '../host.js';
import { appendSummary } from './append-summary.js';

/** Tells a workflow what was saved for its next runs: a line in the log and, where it is wanted, in the job summary. */
export async function publishSave(save: SaveReport, host: Host, summary: boolean): Promise<void> {
  const line = saveLine(save);
  if (save.problem === null) host.log.info(line);
  else host.log.warn(line);
  if (summary) await appendSummary(`📦 ${prose(line)}\n`, (text) => host.log.warn(text));
}
