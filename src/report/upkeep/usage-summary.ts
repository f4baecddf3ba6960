import { details, prose, table, type Column } from '../markdown.js';
import type { UsageSection } from './usage-section.js';

const COLUMNS: readonly Column[] = [
  { title: 'Part', align: 'left' },
  { title: 'Holds', align: 'left' },
];

/** How full a cache is, in GitHub's Markdown. */
export function renderUsageSummary({ rows }: UsageSection): string {
  const cells = rows.map(([name, value]) => [prose(name), prose(value)]);
  return `${details('How full the local cache is', table(COLUMNS, cells))}\n`;
}
