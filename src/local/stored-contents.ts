import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ActionResult } from '../gen/build/bazel/remote/execution/v2/remote_execution.js';
import type { Digest } from '../reapi/digest.js';
import type { Origin } from '../trust/belief.js';
import type { CacheFolder } from './folder.js';
import { RESULTS, BLOBS } from './layout.js';
import { originSealed, readSealNow } from './seals.js';
import { StoredClosures } from './stored-closures.js';
import { type StoredObject, walkObjects } from './walk-objects.js';

/** The result of an action, as it lies in casd's folder. */
export interface StoredEntry extends StoredObject {
  /** Every blob that the result needs, each once, without the empty blob; as far as its trees can be read. */
  readonly blobs: readonly Digest[];
  /** Whether all of them are there, in full length, and the result is as it was stored. */
  readonly complete: boolean;
  /** What it was built under; null for what another tool had casd store, and for what is damaged. */
  readonly origin: Origin | null;
  /** The Action that it is the result of and its Command, as far as they are there: without them it cannot be given away. */
  readonly recipe: readonly Digest[];
}

/** All that casd's folder holds. */
export interface StoredContents {
  readonly entries: readonly StoredEntry[];
  /** By hash. */
  readonly blobs: ReadonlyMap<string, StoredObject>;
}

/**
 * Reads what casd's folder holds, without a casd. The results of servers that are attached to casd lie among those of
 * its local instance, and count as such.
 */
export async function readStoredContents(folder: CacheFolder, signal: AbortSignal): Promise<StoredContents> {
  const blobs = new Map<string, StoredObject>();
  for await (const objects of walkObjects(join(folder.storage, BLOBS), signal)) {
    for (const blob of objects) blobs.set(blob.hash, blob);
  }
  const closures = new StoredClosures(blobs);
  const entries: StoredEntry[] = [];
  for await (const files of walkObjects(join(folder.storage, RESULTS), signal)) {
    for (const file of files) entries.push({ ...file, ...(await readEntry(folder, file, closures)) });
  }
  return { entries, blobs };
}

async function readEntry(
  folder: CacheFolder,
  file: StoredObject,
  closures: StoredClosures,
): Promise<Omit<StoredEntry, keyof StoredObject>> {
  try {
    const entry = readFileSync(file.path);
    const seal = readSealNow(folder, file);
    const origin = originSealed(seal, file, entry);
    const closure = await closures.ofResult(ActionResult.decode(entry));
    return {
      ...closure,
      complete: closure.complete && (seal === undefined || origin !== undefined),
      origin: origin ?? null,
      recipe: closures.recipeOf(file.hash),
    };
  } catch {
    return { blobs: [], complete: false, origin: null, recipe: [] };
  }
}
