import { linkOnTheWay } from '../config/linked-folder.js';
import { Fault, messageOf } from '../errors.js';
import { writeWhole } from '../files/write-whole.js';
import { renderRecord } from '../report/run/record.js';
import type { RunReport } from '../report/run/report.js';

/** The build record as the text of a JSON file. */
export function recordText(report: RunReport): string {
  return `${JSON.stringify(renderRecord(report), null, 2)}\n`;
}

/**
 * Writes the build record, so that a reader finds the old file or the whole new one. No symlink of the workspace is
 * followed, and outputs may have brought one since the call was read.
 *
 * @param workspace absolute; the file may lie elsewhere
 * @throws Fault when the file cannot be written.
 */
export async function writeRecord(report: RunReport, file: string, workspace: string): Promise<void> {
  const link = file.startsWith(`${workspace}/`) ? linkOnTheWay(workspace, file) : undefined;
  if (link !== undefined) {
    throw new Fault(`the build record was not written to ${file}: ${link} is a symlink`, {
      remedy: 'Give `record` a path in the workspace that leads through no symlink.',
    });
  }
  try {
    await writeWhole(file, recordText(report));
  } catch (cause) {
    throw new Fault(`the build record could not be written to ${file}: ${messageOf(cause)}`, {
      remedy: 'Give `record` a path that is a file in a folder this user may write to.',
      cause,
    });
  }
}
