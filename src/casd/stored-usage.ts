import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CacheFolder } from './folder.js';
import { BLOBS, DISK_USAGE } from './layout.js';
import type { CacheUsage } from './usage.js';
import { walkObjects } from './walk-objects.js';

/** How full the local cache was when its last casd stopped; null where none has stopped properly. */
export function readStoredUsage(folder: CacheFolder, quota: number): CacheUsage | null {
  try {
    const size = Number(readFileSync(join(folder.storage, DISK_USAGE), 'utf8'));
    return Number.isSafeInteger(size) ? { size, quota } : null;
  } catch {
    return null;
  }
}

/** Bytes of casd's blobs, counted where no casd has written them down. */
export async function readHeldBytes(folder: CacheFolder, signal: AbortSignal): Promise<number> {
  const known = readStoredUsage(folder, 0);
  if (known !== null) return known.size;
  let bytes = 0;
  for await (const objects of walkObjects(join(folder.storage, BLOBS), signal)) {
    for (const { size } of objects) bytes += size;
  }
  return bytes;
}
