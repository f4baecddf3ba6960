import * as core from '@actions/core';
import { messageOf } from '../../errors.js';
import type { SaveReport } from '../../report/kept-report.js';
import { saveLine } from '../../report/kept-words.js';
import { prose } from '../../report/markdown.js';
import type { Host } from '../host.js';

/** Tells a workflow what was saved for its next runs: a line in the log and, where it is wanted, in the job summary. */
export async function publishSave(save: SaveReport, host: Host, summary: boolean): Promise<void> {
  const line = saveLine(save);
  if (save.problem === null) host.log.info(line);
  else host.log.warn(line);
  if (!summary) return;
  try {
    await core.summary
      .emptyBuffer()
      .addRaw(`📦 ${prose(line)}\n`, true)
      .write();
  } catch (error) {
    host.log.warn(`the job summary could not be written: ${messageOf(error)}`);
  }
}
