import { formatBytes } from './format-quantity.js';

/**
 * What GitHub's cache may hold for a repository without paying, in bytes, and how long what nobody reads stays there.
 * Since November 2025 the settings of a repository may raise both.
 */
export const GITHUB_BYTES = 10_000_000_000;
export const GITHUB_DAYS = 7;

/** What GitHub's limits leave beside what is kept there. */
export function githubLimits(bytes: number): string {
  const left = Math.max(0, GITHUB_BYTES - bytes);
  return (
    `GitHub keeps ${formatBytes(GITHUB_BYTES)} for a repository without pay: these leave ${formatBytes(left)} to all else; ` +
    `what nobody reads for ${GITHUB_DAYS} days goes, unless its settings say more`
  );
}
