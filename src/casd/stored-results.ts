import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, lstat, open, readFile, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlobFile } from '../cas/file-sink.js';
import { messageOf, systemErrorCode } from '../errors.js';
import { ActionResult } from '../gen/build/bazel/remote/execution/v2/remote_execution.js';
import { digestOf, type Digest } from '../reapi/digest.js';
import { UnusableBlob } from '../reapi/unusable-blob.js';
import type { Origin } from '../trust/belief.js';
import type { CacheFolder } from './folder.js';
import { objectPath, resultPath } from './layout.js';
import { originSealed, readSeal } from './seals.js';
import { isUnreadable } from './unreadable.js';

/** Blobs up to this many bytes are read as a whole. */
const SMALL_BYTES = 1 << 20;

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
 * Makes files out of blobs of the local cache, each checked against its digest.
 *
 * @throws UnusableBlob for the first that is missing or corrupt; the files made so far are then the caller's to remove
 */
export async function copyStoredFiles(
  folder: CacheFolder,
  files: readonly BlobFile[],
  signal: AbortSignal,
): Promise<void> {
  for (const file of files) {
    signal.throwIfAborted();
    await copyStoredFile(folder, file, signal);
  }
}

async function copyStoredFile(folder: CacheFolder, { digest, path, mode }: BlobFile, signal: AbortSignal) {
  const target = await open(path, 'wx', mode);
  try {
    if (digest.sizeBytes <= SMALL_BYTES) await target.writeFile(await readStoredBlob(folder, digest));
    else await copyLarge(folder, digest, target, signal);
  } finally {
    await target.close();
  }
}

async function copyLarge(
  folder: CacheFolder,
  digest: Digest,
  target: FileHandle,
  signal: AbortSignal,
): Promise<void> {
  const file = join(folder.storage, objectPath(digest));
  const hash = createHash('sha256');
  await orUnusable(digest, async () => {
    for await (const chunk of createReadStream(file, { signal }) as AsyncIterable<Buffer>) {
      hash.update(chunk);
      await target.writeFile(chunk);
    }
  });
  signal.throwIfAborted();
  if (hash.digest('hex') !== digest.hash) throw new UnusableBlob(digest, 'corrupt');
  await markUsed(file);
}

async function orUnusable<T>(digest: Digest, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') throw new UnusableBlob(digest, 'missing');
    if (isUnreadable(error)) throw new UnusableBlob(digest, 'corrupt', messageOf(error));
    throw error;
  }
}

/** casd may have expired it in between, which then matters to nobody. */
async function markUsed(file: string): Promise<void> {
  const now = new Date();
  await utimes(file, now, now).catch(() => undefined);
}
