import { join } from 'node:path';
import type { Digest } from '../reapi/digest.js';

/** Where casd keeps blobs and encoded results, below its storage folder. */
export const BLOBS = join('cas', 'objects');
export const RESULTS = join('actioncache', 'objects');

/** Where casd keeps a blob, below its storage folder. */
export function objectPath({ hash }: Digest): string {
  return join(BLOBS, hash.slice(0, 2), hash.slice(2));
}

/** Where casd keeps the encoded result of an action of its local instance, below its storage folder. */
export function resultPath({ hash }: Digest): string {
  return join(RESULTS, hash.slice(0, 2), hash.slice(2));
}

/** Where casd writes, when it is stopped, how many bytes it holds. */
export const DISK_USAGE = join('cas', 'disk_usage');
