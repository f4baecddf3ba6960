import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { CacheFolder } from './folder.js';

/** Whether the local cache holds any action-cache entry, without asking the daemon that keeps it. */
export function holdsResults(folder: CacheFolder): boolean {
  try {
    return readdirSync(join(folder.storage, 'actioncache', 'objects')).length > 0;
  } catch {
    return false;
  }
}
