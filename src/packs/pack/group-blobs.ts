import type { Digest } from '../../reapi/digest.js';

/** What a pack holds at most, unless a single blob is larger. */
const PACK_BYTES = 64 * 1024 * 1024;
/** Who needs one of them fetches the others too, so only little is put together that does not belong together. */
const SHARED_BYTES = 512 * 1024;

/**
 * Divides blobs into packs, each given as the blobs that it is to hold. The blobs of one entry stay together, in its
 * order; entries that need little share a pack.
 *
 * @param entries the blobs of each, the entries that matter most first
 * @param wanted the hashes of those that are to be put into packs; each goes into one pack
 */
export function groupBlobs(
  entries: Iterable<readonly Digest[]>,
  wanted: ReadonlySet<string>,
): readonly (readonly Digest[])[] {
  const left = new Set(wanted);
  const packs: Digest[][] = [];
  let shared: Group = { blobs: [], bytes: 0 };
  for (const entry of entries) {
    const groups = divide(entry.filter(({ hash }) => left.delete(hash)));
    const [only] = groups;
    if (groups.length > 1 || (only !== undefined && only.bytes >= SHARED_BYTES)) {
      for (const { blobs } of groups) packs.push(blobs);
    } else if (only !== undefined) {
      for (const blob of only.blobs) shared.blobs.push(blob);
      shared.bytes += only.bytes;
      if (shared.bytes < SHARED_BYTES) continue;
      packs.push(shared.blobs);
      shared = { blobs: [], bytes: 0 };
    }
  }
  return shared.blobs.length > 0 ? [...packs, shared.blobs] : packs;
}

interface Group {
  readonly blobs: Digest[];
  bytes: number;
}

function divide(blobs: readonly Digest[]): readonly Group[] {
  const groups: Group[] = [];
  let last: Group | undefined;
  for (const blob of blobs) {
    if (last === undefined || last.bytes + blob.sizeBytes > PACK_BYTES) {
      groups.push((last = { blobs: [], bytes: 0 }));
    }
    last.blobs.push(blob);
    last.bytes += blob.sizeBytes;
  }
  return groups;
}
