import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Digest } from '../../reapi/digest.js';
import { blobInFile, type BlobSource } from '../../cas/blob-source.js';
import type { BuiltPack } from '../pack/build-packs.js';
import { fetchPack } from '../pack/fetch-pack.js';
import { FileSink } from '../../cas/file-sink.js';
import { readPack } from '../pack/pack-reader.js';
import type { PackUsage } from '../pack/pack-usage.js';
import type { IndexPlace } from '../index/read-scope.js';

/** The live blobs of packs that are to go, in files of their own. */
export interface MovedBlobs {
  readonly inputOf: (digest: Digest) => BlobSource;
  readonly hashes: ReadonlySet<string>;
}

/** A pack that is named and cannot be read: those who need it have to do without. */
export class LostPack extends Error {
  override readonly name = 'LostPack';

  constructor(readonly id: string) {
    super(`the pack ${id} is not there any more`);
  }
}

/**
 * Takes the blobs that are still needed out of packs, so that they can be put into new ones.
 *
 * @param built packs that are not stored yet, which need not be fetched
 * @throws LostPack, DamagedPack, TransportError
 */
export async function takeLiveBlobs(
  place: IndexPlace,
  rewritten: readonly PackUsage[],
  built: readonly BuiltPack[],
  signal: AbortSignal,
): Promise<MovedBlobs> {
  const folder = join(place.scratch, `moved-${randomUUID()}`);
  await mkdir(folder);
  const pathOf = ({ hash }: Digest) => join(folder, hash);
  const hashes = new Set<string>();
  for (const { pack, live, file, isOurs } of await fetchPacks(place, rewritten, built, signal)) {
    const wanted = live.filter(({ hash }) => !hashes.has(hash));
    const sink = new FileSink(wanted.map((digest) => ({ digest, path: pathOf(digest), mode: 0o600 })));
    await readPack(file, pack, new Set(wanted.map(({ hash }) => hash)), sink, signal);
    if (!isOurs) await rm(file, { force: true });
    for (const { hash } of wanted) hashes.add(hash);
  }
  return { hashes, inputOf: (digest) => blobInFile(digest, pathOf(digest)) };
}

interface FetchedPack extends PackUsage {
  readonly file: string;
  /** Whether it is one that this save has built, and still needs. */
  readonly isOurs: boolean;
}

/** All at once: each takes its round trips. */
async function fetchPacks(
  { transport, scratch }: IndexPlace,
  rewritten: readonly PackUsage[],
  built: readonly BuiltPack[],
  signal: AbortSignal,
): Promise<readonly FetchedPack[]> {
  const fetching = rewritten.map(async (usage): Promise<FetchedPack> => {
    const { id } = usage.pack;
    const ours = built.find(({ pack }) => pack.id === id)?.file;
    if (ours !== undefined) return { ...usage, file: ours, isOurs: true };
    const file = join(scratch, `pack-${randomUUID()}`);
    if ((await fetchPack(transport, usage.pack, file, signal)) === undefined) throw new LostPack(id);
    return { ...usage, file, isOurs: false };
  });
  await Promise.allSettled(fetching); // So that nothing is under way any more where one fails.
  return Promise.all(fetching);
}
