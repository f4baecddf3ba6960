import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CacheFolder } from './folder.js';
import { DISK_USAGE } from './layout.js';
import type { CacheUsage } from './usage.js';

/** How full the local cache was when its last casd stopped; null where none has stopped properly. */
export function readStoredUsage(folder: CacheFolder, quota: number): CacheUsage | null {
  try {
    const size = Number(readFileSync(join(folder.storage, DISK_USAGE), 'utf8'));
    return Number.isSafeInteger(size) ? { size, quota } : null;
  } catch {
    return null;
  }
}
