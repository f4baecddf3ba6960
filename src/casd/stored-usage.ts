import { join } from 'node:path';
import { notedBytes, soundBytes } from '../local/counted.js';
import type { CacheFolder } from '../local/folder.js';
import { BLOBS } from '../local/layout.js';
import type { CacheUsage } from './usage.js';
import { walkObjects } from '../local/walk-objects.js';

/** How full the local cache was when its last casd stopped; null where none has stopped properly. */
export function readStoredUsage(folder: CacheFolder, quota: number): CacheUsage | null {
  const size = notedBytes(folder);
  return size === undefined ? null : { size, quota };
}

/** Bytes of casd's blobs, counted where no casd has written them down. */
export async function readHeldBytes(folder: CacheFolder, signal: AbortSignal): Promise<number> {
  const known = soundBytes(folder);
  if (known !== undefined) return known;
  let bytes = 0;
  for await (const objects of walkObjects(join(folder.storage, BLOBS), signal)) {
    for (const { size } of objects) bytes += size;
  }
  return bytes;
}
