import type { CacheUsage } from '../casd/usage.js';
import { formatBytes, formatShare } from '../report/format-quantity.js';

/** How full the local cache is, in one line. */
export function describeUsage({ size, quota }: CacheUsage): string {
  return `${formatBytes(size)} of ${formatBytes(quota)} (${formatShare(size, quota)})`;
}
