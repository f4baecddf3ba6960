import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Digest } from '../../reapi/digest.js';
import type { BlobSource } from '../../cas/blob-source.js';
import type { Pack } from '../index/cache-index.js';
import { groupBlobs } from './group-blobs.js';
import { writePack } from './pack-writer.js';

/** A pack that was written and not stored yet. */
export interface BuiltPack {
  readonly pack: Omit<Pack, 'key'>;
  readonly file: string;
}

/**
 * Writes packs of the blobs that are wanted.
 *
 * @param entries the blobs of each, those that matter most first
 * @param scratch the folder to write to
 * @throws UnusableBlob; the packs written so far are then left in the scratch folder
 */
export async function buildPacks(
  entries: Iterable<readonly Digest[]>,
  wanted: ReadonlySet<string>,
  inputOf: (digest: Digest) => BlobSource,
  scratch: string,
  signal: AbortSignal,
): Promise<readonly BuiltPack[]> {
  const built: BuiltPack[] = [];
  for (const blobs of groupBlobs(entries, wanted)) {
    const file = join(scratch, `new-${randomUUID()}`);
    built.push({ file, pack: await writePack(file, blobs.map(inputOf), signal) });
  }
  return built;
}
