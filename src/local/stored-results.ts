import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readFile, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, systemErrorCode } from '../errors.js';
import { ActionResult } from '../gen/build/bazel/remote/execution/v2/remote_execution.js';
import { digestOf, type Digest } from '../reapi/digest.js';
import { UnusableBlob } from '../reapi/unusable-blob.js';
import type { Origin } from '../trust/belief.js';
import type { CacheFolder } from './folder.js';
import { objectPath, resultPath } from './layout.js';
import { originSealed, readSeal } from './seals.js';
import { isUnreadable } from './unreadable.js';

export interface StoredResult {
  readonly result: ActionResult;
  readonly origin: Origin;
}

/**
 * The result that the local cache has of an action. It is read from casd's folder and not from casd, which need not
 * run for it; what is used there is marked as used, for casd expires the longest unused first. What is damaged, or was
 * written by somebody else, is none.
 */
export async function readStoredResult(
  folder: CacheFolder,
  actionDigest: Digest,
): Promise<StoredResult | undefined> {
  const file = join(folder.storage, resultPath(actionDigest));
  try {
    const [entry, seal] = await Promise.all([readFile(file), readSeal(folder, actionDigest)]);
    const origin = originSealed(seal, actionDigest, entry);
    if (origin === undefined) return undefined;
    const result = ActionResult.decode(entry);
    await markUsed(file);
    return { result, origin };
  } catch {
    return undefined; // None, or none that can be read: another one will be stored in its place.
  }
}

/**
 * Reads a blob of the local cache into memory and checks it against its digest.
 *
 * @throws UnusableBlob when it is missing or corrupt
 */
export async function readStoredBlob(folder: CacheFolder, digest: Digest): Promise<Buffer> {
  if (digest.sizeBytes === 0) return Buffer.alloc(0);
  const file = join(folder.storage, objectPath(digest));
  const blob = await orUnusable(digest, () => readFile(file));
  if (digestOf(blob).hash !== digest.hash) throw new UnusableBlob(digest, 'corrupt');
  await markUsed(file);
  return blob;
}

/**
 * Finds out whether the local cache holds a blob, without reading it.
 *
 * @throws UnusableBlob when it does not, or not all of it
 */
export async function confirmStored(folder: CacheFolder, digest: Digest): Promise<void> {
  if (digest.sizeBytes === 0) return;
  const status = await orUnusable(digest, () => lstat(join(folder.storage, objectPath(digest))));
  if (!status.isFile() || status.size !== digest.sizeBytes) throw new UnusableBlob(digest, 'corrupt');
}

/**
 * The pieces of a blob of the local cache; only after the last is it known that they are what its digest says.
 *
 * @throws UnusableBlob when it is missing or corrupt
 */
export async function* streamStoredBlob(
  folder: CacheFolder,
  digest: Digest,
  signal: AbortSignal,
): AsyncGenerator<Buffer, void, undefined> {
  const file = join(folder.storage, objectPath(digest));
  const hash = createHash('sha256');
  try {
    for await (const piece of createReadStream(file, { signal }) as AsyncIterable<Buffer>) {
      hash.update(piece);
      yield piece;
    }
  } catch (error) {
    signal.throwIfAborted();
    throw unusableOr(digest, error);
  }
  signal.throwIfAborted();
  if (hash.digest('hex') !== digest.hash) throw new UnusableBlob(digest, 'corrupt');
  await markUsed(file);
}

async function orUnusable<T>(digest: Digest, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw unusableOr(digest, error);
  }
}

function unusableOr(digest: Digest, error: unknown): unknown {
  if (systemErrorCode(error) === 'ENOENT') return new UnusableBlob(digest, 'missing');
  return isUnreadable(error) ? new UnusableBlob(digest, 'corrupt', messageOf(error)) : error;
}

/** casd may have expired it in between, which then matters to nobody. */
async function markUsed(file: string): Promise<void> {
  const now = new Date();
  await utimes(file, now, now).catch(() => undefined);
}
