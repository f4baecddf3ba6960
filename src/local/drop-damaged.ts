import { createHash } from 'node:crypto';
import { closeSync, constants, lstatSync, openSync, readSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { systemErrorCode } from '../errors.js';
import { yielding, type Yielding } from '../async/yielding.js';
import { digestOf, type Digest } from '../reapi/digest.js';
import type { CacheFolder } from './folder.js';
import { objectPath } from './layout.js';
import { removeObject } from './remove-object.js';
import { isUnreadable } from './unreadable.js';

const PIECE = 256 * 1024;
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Removes from the local cache those of the blobs that are not what their digests say: casd looks at no blob that it
 * holds, and gives a damaged one to whoever asks. What casd lets go of meanwhile is missing, and not damaged.
 *
 * @param look `form`: whether it is a file that can be read and of the right size; `content`: also its hash
 * @returns what was removed
 */
export async function dropDamaged(
  folder: CacheFolder,
  digests: Iterable<Digest>,
  look: 'form' | 'content',
  signal: AbortSignal,
): Promise<readonly Digest[]> {
  const yields = yielding(signal);
  const buffer = Buffer.allocUnsafe(PIECE);
  const dropped: Digest[] = [];
  for (const digest of digests) {
    if (yields.due()) await yields.turn();
    const path = join(folder.storage, objectPath(digest));
    if (look === 'content' && isWholeAtOnce(path, digest, buffer)) continue;
    const status = lstatSync(path, { throwIfNoEntry: false });
    if (status === undefined) continue;
    if (hasForm(status, digest) && (look === 'form' || (await hasContent(path, digest, yields, buffer))))
      continue;
    // Another run may have found it too, and have put the right one in its place while this one was reading.
    if (lstatSync(path, { throwIfNoEntry: false })?.ino !== status.ino) continue;
    removeObject(path);
    dropped.push(digest);
  }
  return dropped;
}

function hasForm(status: Stats, { sizeBytes }: Digest): boolean {
  return status.isFile() && status.size === sizeBytes && (status.mode & constants.S_IRUSR) !== 0;
}

/**
 * The short way, which a hundred thousand small blobs take: whether one is what its digest says. Synchronously, because
 * a promise for each would take several times as long.
 *
 * @returns false also for one that takes a second look
 */
function isWholeAtOnce(path: string, { hash, sizeBytes }: Digest, buffer: Buffer): boolean {
  if (sizeBytes >= buffer.length) return false;
  let file: number | undefined;
  try {
    file = openSync(path, FLAGS);
    const bytes = readSync(file, buffer, 0, sizeBytes + 1, 0);
    return bytes === sizeBytes && digestOf(buffer.subarray(0, bytes)).hash === hash;
  } catch {
    return false;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

async function hasContent(
  path: string,
  { hash, sizeBytes }: Digest,
  yields: Yielding,
  buffer: Buffer,
): Promise<boolean> {
  let file: number | undefined;
  try {
    file = openSync(path, FLAGS);
    const content = createHash('sha256');
    for (let left = sizeBytes; left > 0;) {
      if (yields.due()) await yields.turn();
      const bytes = readSync(file, buffer, 0, buffer.length, null);
      if (bytes === 0) return false;
      content.update(buffer.subarray(0, bytes));
      left -= bytes;
    }
    return content.digest('hex') === hash;
  } catch (error) {
    if (isUnreadable(error)) return false;
    if (systemErrorCode(error) !== 'ENOENT') throw error;
    return true; // Let go of a moment ago.
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
