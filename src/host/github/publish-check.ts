import * as core from '@actions/core';
import { renderCheckOutputs } from '../../report/check/check-document.js';
import { STATUS_MEANINGS } from '../../report/check/check-names.js';
import type { CheckReport } from '../../report/check/check-report.js';
import { renderCheckSummary } from '../../report/check/check-summary.js';
import { renderCheckTable } from '../../report/check/check-table.js';
import type { Host } from '../host.js';
import { appendSummary } from './append-summary.js';

/** Tells a workflow what came of a check: a table in the log, outputs and, where it is wanted, the job summary. */
export async function publishCheck(report: CheckReport, host: Host, summary: boolean): Promise<void> {
  host.answer(renderCheckTable(report).join('\n'));
  if (report.status !== 'ok') host.log.warn(STATUS_MEANINGS[report.status]);
  for (const [name, value] of Object.entries(renderCheckOutputs(report))) core.setOutput(name, value);
  if (summary) await appendSummary(renderCheckSummary(report), (text) => host.log.warn(text));
}
