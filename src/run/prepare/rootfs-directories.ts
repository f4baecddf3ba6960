import { readStoredBlob } from '../../local/stored-results.js';
import { Fault } from '../../errors.js';
import { formatDigest, type Digest } from '../../reapi/digest.js';
import { decodeDirectory } from '../../reapi/directory.js';
import type { ReadDirectory } from '../../reapi/overlay.js';
import { UnusableBlob } from '../../reapi/unusable-blob.js';
import { rootfsName, type Rootfs } from '../../rootfs/rootfs.js';
import type { RunContext } from '../run-context.js';

/**
 * Reads folders of a root file system one by one: from the local cache, for which no casd needs to run, from what is
 * kept between runs, or else from the remote.
 */
export function rootfsDirectories(context: RunContext, rootfs: Rootfs, signal: AbortSignal): ReadDirectory {
  const name = rootfsName(rootfs);
  return async (digest) => {
    const bytes =
      (await readHere(context, digest)) ??
      (await readPacked(context, digest)) ??
      (await readThere(context, name, digest, signal));
    const directory = decodeDirectory(bytes);
    if (directory !== undefined) return directory;
    throw new Fault(`${name} is no root file system: ${formatDigest(digest)} is no Directory`, {
      remedy:
        '`rootfs` takes the digest of a Directory, such as `casupload --output-digest-file` writes for a folder.',
    });
  };
}

async function readHere({ folder }: RunContext, digest: Digest): Promise<Uint8Array | undefined> {
  try {
    return await readStoredBlob(folder, digest);
  } catch (error) {
    if (error instanceof UnusableBlob) return undefined;
    throw error;
  }
}

function readPacked({ packs }: RunContext, digest: Digest): Promise<Uint8Array | undefined> | undefined {
  return packs?.read(async (cache, signal) => (await cache.readBlobs([digest], signal)).get(digest.hash));
}

/** What few runs need is not loaded for all: gRPC takes longer than the rest of a hit. */
async function readThere(
  { session }: RunContext,
  name: string,
  digest: Digest,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const { fetchRootfsDirectory } = await import(/* webpackChunkName: "later" */ '../execute/fetch-rootfs.js');
  return fetchRootfsDirectory(session, name, digest, signal);
}
