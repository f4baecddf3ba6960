import type { ExpiryReport } from './expiry-report.js';

/** What expiry did, as JSON. Sizes in bytes, times as ISO 8601. */
export function expiryDocument(report: ExpiryReport): Readonly<Record<string, unknown>> {
  const { results, maxAge, ...rest } = report;
  return {
    version: 1,
    ...rest,
    freed: report.before - report.after,
    maxAgeMilliseconds: maxAge,
    results: results.map(({ usedAt, ...result }) => ({ ...result, usedAt: usedAt.toISOString() })),
  };
}
