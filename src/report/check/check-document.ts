import { availabilityOf } from './check-names.js';
import type { CheckReport } from './check-report.js';

/** The report for programs, version 1. Latencies and the budget are milliseconds. */
export function renderCheckDocument({ status, latencyBudget, services, warnings }: CheckReport): object {
  return { version: 1, status, latencyBudget, services, warnings };
}

/** The outputs of the sub-action: one for each check, `yes`, `no`, `unknown` or `too slow`, and the status. */
export function renderCheckOutputs(report: CheckReport): Readonly<Record<string, string>> {
  return {
    'remote-status': report.status,
    ...Object.fromEntries(report.services.map((row) => [row.name, availabilityOf(row)])),
    report: JSON.stringify(renderCheckDocument(report)),
  };
}
