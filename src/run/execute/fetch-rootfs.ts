import { Fault } from '../../errors.js';
import type { Digest } from '../../reapi/digest.js';
import { UnusableBlob } from '../../reapi/unusable-blob.js';
import { downloadBlobs, TooLarge } from '../../remote/transfer/download-to-memory.js';
import type { RemoteServices } from '../../remote/services.js';
import type { RemoteSession } from '../remote-session.js';

/** More than the largest folder of any distribution takes. */
const MOST_BYTES = 16 * 1024 * 1024;

/** Fetches one folder of a root file system, encoded. @throws Fault */
export function fetchRootfsDirectory(
  session: RemoteSession | undefined,
  name: string,
  digest: Digest,
  signal: AbortSignal,
): Promise<Uint8Array> {
  return fetchRootfs(session, name, async ({ cas }) => {
    const blobs = await downloadBlobs(cas, [digest], MOST_BYTES, signal);
    return blobs.get(digest.hash) ?? Buffer.alloc(0);
  });
}

/**
 * Fetches from the remote what the local cache lacks of a root file system. Without it there is no build, so that a
 * remote that cannot be used is no longer something to go on without.
 *
 * @param name as the user writes it
 * @throws Fault
 */
export async function fetchRootfs<T>(
  session: RemoteSession | undefined,
  name: string,
  fetch: (services: RemoteServices) => Promise<T>,
): Promise<T> {
  if (session === undefined) {
    throw new Fault(`the root file system ${name} is not, or not as a whole, in the local cache`, {
      remedy: 'Name the endpoint that has it with `remote`, or use the `cache-dir` that has it.',
    });
  }
  try {
    return await session.need(`the root file system ${name} is not in the local cache`, fetch);
  } catch (error) {
    if (error instanceof UnusableBlob) {
      throw new Fault(`the root file system ${name} cannot be had: of the remote's, ${error.message}`, {
        cause: error,
        remedy: 'Upload it again, or use another one.',
      });
    }
    if (error instanceof TooLarge) {
      throw new Fault(`the root file system ${name} cannot be used: ${error.message}`, { cause: error });
    }
    throw error;
  }
}
