import type { ActionResult } from '../gen/build/bazel/remote/execution/v2/remote_execution.js';
import type { Log } from '../machine.js';
import { type ActionCacheService, getActionResult, UnreadableEntry } from '../remote/action-cache.js';
import type { CasService } from '../remote/cas-service.js';
import { missingOf } from '../remote/closure.js';
import { downloadFiles } from '../remote/download-to-files.js';
import { downloadBlobs, TooLarge } from '../remote/download-to-memory.js';
import { UnusableResult } from '../outputs/plan.js';
import type { Digest } from '../reapi/digest.js';
import { UnusableBlob } from '../reapi/unusable-blob.js';
import type { RemoteServices } from './remote-services.js';
import { MOST_BYTES_IN_MEMORY, type ResultSource, type SourcedResult } from './result-source.js';
import { tellProgress } from './tell-progress.js';

export interface RemoteToAsk {
  readonly actionCache: ActionCacheService;
  /** What the remote turns out to be; undefined where it is not good enough. */
  readonly services: Promise<RemoteServices | undefined>;
}

/** The results of a remote. Everything in them is checked: the entry by who reads it, the blobs here. */
export function remoteResults(
  remote: RemoteToAsk,
  log: Log,
  onFetched: (digest: Digest) => void,
): ResultSource {
  const progress = tellProgress(log, 'fetching outputs');
  return {
    name: 'remote',
    getActionResult: (digest, signal) => askForEntry(remote, digest, signal),
    fetchBlob: (digest, signal) =>
      unusableIfTooLarge(async () => {
        const blobs = await downloadBlobs(await storageOf(remote), [digest], MOST_BYTES_IN_MEMORY, signal);
        return blobs.get(digest.hash) ?? Buffer.alloc(0);
      }),
    fetchFiles: async (files, signal) =>
      downloadFiles(await storageOf(remote), files, signal, { progress, onWhole: onFetched }),
    confirm: (result, files, signal) =>
      unusableIfTooLarge(async () => {
        const [missing] = await missingOf(await storageOf(remote), result, files, signal);
        if (missing !== undefined) throw new UnusableBlob(missing, 'missing');
      }),
    discard: () => Promise.resolve(), // It is replaced by what is built, where policy lets us write.
  };
}

/**
 * Asks for the entry while the remote may still be telling what it can do: on a far one that is a round trip less. The
 * entry counts only when the remote is good enough.
 */
async function askForEntry(
  { actionCache, services }: RemoteToAsk,
  digest: Digest,
  signal: AbortSignal,
): Promise<SourcedResult | undefined> {
  const stop = new AbortController();
  const asked = getActionResult(actionCache, digest, AbortSignal.any([signal, stop.signal]));
  asked.catch(() => undefined); // What it throws is of interest only where the remote is good enough.
  try {
    const result = (await services) === undefined ? undefined : withNames(await asked);
    return result && { result, origin: null };
  } catch (error) {
    throw error instanceof UnreadableEntry ? new UnusableResult(error.message, { cause: error }) : error;
  } finally {
    stop.abort();
  }
}

/** The decoder of an answer puts U+FFFD where bytes are no text, and another name is another output. */
function withNames(result: ActionResult | undefined): ActionResult | undefined {
  const link = result?.outputSymlinks.find(({ target }) => target.includes('\ufffd'));
  if (link === undefined) return result;
  throw new UnusableResult(`its output ${JSON.stringify(link.path)} leads to a name that is not UTF-8`);
}

async function storageOf({ services }: RemoteToAsk): Promise<CasService> {
  const known = await services;
  if (known === undefined) throw new Error('a remote that is not good enough has no results');
  return known.cas;
}

/** An entry may name a blob of any size where a small one belongs. */
async function unusableIfTooLarge<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof TooLarge ? new UnusableResult(error.message, { cause: error }) : error;
  }
}
