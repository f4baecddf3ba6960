import type { ActionResult } from '../gen/build/bazel/remote/execution/v2/remote_execution.js';
import { watchSink } from '../cas/blob-sink.js';
import type { Store, StoreEntry } from '../cas/store.js';
import { UnusableResult } from '../cas/unusable-result.js';
import type { Digest } from '../reapi/digest.js';
import { UnusableBlob } from '../reapi/unusable-blob.js';
import { type ActionCacheService, getActionResult, UnreadableEntry } from './action-cache.js';
import type { CasService } from './cas-service.js';
import { missingOf } from './transfer/closure.js';
import { download } from './transfer/download.js';
import { TooLarge } from './transfer/download-to-memory.js';
import type { TransferProgress } from './transfer/progress.js';
import type { RemoteServices } from './services.js';

export interface RemoteToAsk {
  readonly actionCache: ActionCacheService;
  /** What the remote turns out to be; undefined where it is not good enough. */
  readonly services: Promise<RemoteServices | undefined>;
}

/** The results of a remote. @param onFetched called for each blob that has come as a whole */
export function remoteStore(
  remote: RemoteToAsk,
  progress: TransferProgress,
  onFetched: (digest: Digest) => void,
): Store {
  return {
    name: 'remote',
    entry: (action, signal) => askForEntry(remote, action, signal),
    read: async (digests, sink, signal) =>
      download(await storageOf(remote), digests, watchSink(sink, onFetched), signal, progress),
    checkComplete: (result, inTrees, signal) =>
      unusableIfTooLarge(async () => {
        const [missing] = await missingOf(await storageOf(remote), result, inTrees, signal);
        if (missing !== undefined) throw new UnusableBlob(missing, 'missing');
      }),
    discard: () => undefined, // It is replaced by what is built, where policy lets us write.
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
): Promise<StoreEntry | undefined> {
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

/** An entry may name folders of any size. */
async function unusableIfTooLarge<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof TooLarge ? new UnusableResult(error.message, { cause: error }) : error;
  }
}
