import type { Log } from '../machine.js';
import type { Digest } from '../reapi/digest.js';
import { getActionResult, UnreadableEntry } from '../remote/action-cache.js';
import { checkClosure } from '../remote/closure.js';
import { downloadFiles } from '../remote/download-to-files.js';
import { downloadBlobs, TooLarge } from '../remote/download-to-memory.js';
import { UnusableResult } from '../outputs/plan.js';
import { UnusableBlob } from '../reapi/unusable-blob.js';
import type { RemoteServices } from './remote-services.js';
import { MOST_BYTES_IN_MEMORY, type ResultSource } from './result-source.js';
import { tellProgress } from './tell-progress.js';

/** The results of a remote. Everything in them is checked: the entry by who reads it, the blobs here. */
export function remoteResults(
  { cas, actionCache }: RemoteServices,
  log: Log,
  onFetched: (digest: Digest) => void,
): ResultSource {
  const progress = tellProgress(log, 'fetching outputs');
  return {
    name: 'remote',
    getActionResult: async (digest, signal) => {
      try {
        return await getActionResult(actionCache, digest, signal);
      } catch (error) {
        throw error instanceof UnreadableEntry ? new UnusableResult(error.message, { cause: error }) : error;
      }
    },
    fetchBlob: (digest, signal) =>
      unusableIfTooLarge(async () => {
        const blobs = await downloadBlobs(cas, [digest], MOST_BYTES_IN_MEMORY, signal);
        return blobs.get(digest.hash) ?? Buffer.alloc(0);
      }),
    fetchFiles: (files, signal) => downloadFiles(cas, files, signal, { progress, onWhole: onFetched }),
    confirm: (result, _files, signal) =>
      unusableIfTooLarge(async () => {
        const [missing] = (await checkClosure(cas, result, signal)).missing;
        if (missing !== undefined) throw new UnusableBlob(missing, 'missing');
      }),
    discard: () => Promise.resolve(), // It is replaced by what is built, where policy lets us write.
  };
}

/** An entry may name a blob of any size where a small one belongs. */
async function unusableIfTooLarge<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof TooLarge ? new UnusableResult(error.message, { cause: error }) : error;
  }
}
