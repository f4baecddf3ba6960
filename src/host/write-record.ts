import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Fault, messageOf } from '../errors.js';
import { renderRecord } from '../report/record.js';
import type { RunReport } from '../report/report.js';

/** The build record as the text of a JSON file. */
export function recordText(report: RunReport): string {
  return `${JSON.stringify(renderRecord(report), null, 2)}\n`;
}

/**
 * Writes the build record, so that a reader finds the old file or the whole new one.
 *
 * @throws Fault when the file cannot be written.
 */
export async function writeRecord(report: RunReport, file: string): Promise<void> {
  const unfinished = `${file}.${randomUUID()}`;
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(unfinished, recordText(report), { flag: 'wx' });
    await rename(unfinished, file);
  } catch (cause) {
    await rm(unfinished, { force: true }).catch(() => undefined);
    throw new Fault(`the build record could not be written to ${file}: ${messageOf(cause)}`, {
      remedy: 'Give `record` a path that is a file in a folder this user may write to.',
      cause,
    });
  }
}
