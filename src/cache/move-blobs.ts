import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Digest } from '../reapi/digest.js';
import { blobFile, type PackInput } from './blob-file.js';
import type { BuiltPack } from './build-packs.js';
import { fileSink } from './file-sink.js';
import { readPack } from './pack-reader.js';
import type { PackUsage } from './pack-usage.js';
import type { IndexPlace } from './read-scope.js';

/** The live blobs of packs that are to go, in files of their own. */
export interface MovedBlobs {
  readonly inputOf: (digest: Digest) => PackInput;
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
  { transport, scratch }: IndexPlace,
  rewritten: readonly PackUsage[],
  built: readonly BuiltPack[],
  signal: AbortSignal,
): Promise<MovedBlobs> {
  const folder = join(scratch, `moved-${randomUUID()}`);
  await mkdir(folder);
  const pathOf = ({ hash }: Digest) => join(folder, hash);
  const hashes = new Set<string>();
  for (const { pack, live } of rewritten) {
    const ours = built.find((one) => one.pack.id === pack.id)?.file;
    const file = ours ?? join(scratch, `pack-${pack.id}`);
    if (ours === undefined && (await transport.fetch(pack.key, file, signal)) === undefined) {
      throw new LostPack(pack.id);
    }
    const wanted = live.filter(({ hash }) => !hashes.has(hash));
    const sinks = wanted.map(
      (digest) => [digest.hash, fileSink([{ path: pathOf(digest), mode: 0o600 }])] as const,
    );
    await readPack(file, pack, new Map(sinks), signal);
    if (ours === undefined) await rm(file, { force: true });
    for (const { hash } of wanted) hashes.add(hash);
  }
  return { hashes, inputOf: (digest) => blobFile(digest, pathOf(digest)) };
}
