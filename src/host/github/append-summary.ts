import * as core from '@actions/core';
import { messageOf } from '../../errors.js';

/** Adds to the job summary of this step. One that cannot be written is a warning, and no more. */
export async function appendSummary(markdown: string, warn: (text: string) => void): Promise<void> {
  try {
    await core.summary.emptyBuffer().addRaw(markdown, true).write();
  } catch (error) {
    warn(`the job summary could not be written: ${messageOf(error)}`);
  }
}
