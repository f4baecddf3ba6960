import { localSection, type LocalUsage } from '../../report/upkeep/local-usage.js';
import { renderUsageSummary } from '../../report/upkeep/usage-summary.js';
import type { Host } from '../host.js';
import { appendSummary } from './append-summary.js';

/** Adds to the job summary how full the local cache is, and of what. */
export function publishUsage(usage: LocalUsage, { log }: Host): Promise<void> {
  return appendSummary(renderUsageSummary(localSection(usage, Date.now())), (text) => log.warn(text));
}
