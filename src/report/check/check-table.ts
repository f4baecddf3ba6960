import {
  availabilityOf,
  CHECK_NAMES,
  latencyOf,
  sayingOf,
  STATUS_MEANINGS,
  verdictOf,
  type Verdict,
} from './check-names.js';
import type { CheckReport, ServiceCheck } from './check-report.js';
import { formatDuration } from '../format-quantity.js';
import { printable } from '../printable.js';

const MARKS: Readonly<Record<Verdict, string>> = { good: '✓', bad: '✗', missing: '-', unknown: '?' };

const SPACE = '  ';

/** The report as lines for a terminal or a log. */
export function renderCheckTable(report: CheckReport): readonly string[] {
  const rows = report.services.map((row) => cellsOf(row, report));
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)));
  const lines = rows.map((cells) =>
    cells
      .map((cell, column) =>
        column === 2 ? cell.padStart(widths[2] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join(SPACE)
      .trimEnd(),
  );
  return [...endpointLines(report), '', ...lines, '', closingLine(report)];
}

/** Name, availability, latency, and what the service said. */
function cellsOf(row: ServiceCheck, report: CheckReport): readonly string[] {
  return [
    `${MARKS[verdictOf(row)]} ${CHECK_NAMES[row.name]}`,
    availabilityOf(row),
    latencyOf(row),
    printable(sayingOf(row, report)),
  ];
}

function endpointLines({ services }: CheckReport): readonly string[] {
  const endpoints = services.flatMap(({ endpoint }) => (endpoint === null ? [] : [endpoint]));
  return [...new Set(endpoints)].map(printable);
}

function closingLine({ status, latencyBudget }: CheckReport): string {
  return `${status}: ${STATUS_MEANINGS[status]} The latency budget is ${formatDuration(latencyBudget)}.`;
}
