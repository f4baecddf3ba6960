import {
  availabilityOf,
  CHECK_NAMES,
  latencyOf,
  sayingOf,
  STATUS_MEANINGS,
  verdictOf,
  type Verdict,
} from './check-names.js';
import type { CheckReport, RemoteStatus, ServiceCheck } from './check-report.js';
import { formatDuration } from '../format-quantity.js';
import { code, prose, table, type Column } from '../markdown.js';

const COLUMNS: readonly Column[] = [
  { title: 'Service', align: 'left' },
  { title: 'Available', align: 'left' },
  { title: 'Latency', align: 'right' },
  { title: 'What it said', align: 'left' },
];

const VERDICT_MARKS: Readonly<Record<Verdict, string>> = {
  good: '✅',
  bad: '❌',
  missing: '➖',
  unknown: '❔',
};

const STATUS_MARKS: Readonly<Record<RemoteStatus, string>> = { ok: '✅', degraded: '⚠️', unavailable: '❌' };

/** The report in GitHub's Markdown. */
export function renderCheckSummary(report: CheckReport): string {
  const { status, services, warnings, latencyBudget } = report;
  const endpoints = new Set(services.flatMap(({ endpoint }) => (endpoint === null ? [] : [endpoint])));
  const sections = [
    `### ${STATUS_MARKS[status]} Remote: ${status}`,
    `${STATUS_MEANINGS[status]} ${[...endpoints].map((endpoint) => code(endpoint)).join(', ')}`,
    ...(warnings.length > 0 ? [warnings.map((text) => `- ⚠️ ${prose(text)}`).join('\n')] : []),
    table(
      COLUMNS,
      services.map((row) => cellsOf(row, report)),
    ),
    `Latency is the median of a few calls; the budget is ${formatDuration(latencyBudget)}.`,
  ];
  return `${sections.join('\n\n')}\n`;
}

function cellsOf(row: ServiceCheck, report: CheckReport): readonly string[] {
  const available = `${VERDICT_MARKS[verdictOf(row)]} ${availabilityOf(row)}`;
  return [CHECK_NAMES[row.name], available, latencyOf(row), prose(sayingOf(row, report))];
}
