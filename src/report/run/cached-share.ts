import { formatShare } from '../format-quantity.js';
import type { RunReport } from './report.js';

/** `99 % cached`: of a build's input files, those that the local cache had; nothing where it was not asked. */
export function cachedShare({ files, cached }: RunReport['input']): readonly string[] {
  return cached === null || files === 0 ? [] : [`${formatShare(cached, files)} cached`];
}
