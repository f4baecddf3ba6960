import { join } from 'node:path';
import { blobInFile } from '../../cas/blob-source.js';
import { forgetPending, type PendingSave, readPending } from '../../packs/pending.js';
import { type FreshEntry, type SaveOutcome, saveResults } from '../../packs/save-results.js';
import { REWRITE_BYTES } from '../../packs/tidy/tidy-index.js';
import { type CacheFolder, cacheFolder } from '../../local/folder.js';
import { objectPath } from '../../local/layout.js';
import { storedDirectories } from '../../local/stored-directories.js';
import { storedClosure } from '../../local/stored-closure.js';
import { readStoredResult } from '../../local/stored-results.js';
import type { CacheConfig } from '../../config/config.js';
import { messageOf, systemErrorCode } from '../../errors.js';
import { ActionResult } from '../../gen/build/bazel/remote/execution/v2/remote_execution.js';
import type { Host } from '../../host/host.js';
import type { Digest } from '../../reapi/digest.js';
import { UnusableBlob } from '../../reapi/unusable-blob.js';
import { digestsOf, walkTree } from '../../reapi/walk-tree.js';
import { describeSave, describeFailedSave } from './describe-save.js';
import { formatDuration } from '../../report/format-quantity.js';
import type { SaveReport } from '../../report/run/pack-report.js';
import { withTimeLimit } from '../../async/time-limit.js';
import { believer, type Origin } from '../../trust/belief.js';
import { openPackPlace, type OpenPackPlace, pendingFolder } from '../pack-place.js';

/** Of `cache-time-limit`: the rest is for what is new. */
const MOVING_SHARE = 1 / 3;

type SavingHost = Pick<Host, 'machine' | 'provenance' | 'log'>;

/**
 * Saves what this job built where the next runs find it, and what an earlier job here could not save. Only what is new
 * is sent; where nothing is, nobody is asked.
 *
 * @returns undefined where there was nothing to do; what goes wrong is told there and not thrown, but for a cancel
 */
export async function savePacks(
  config: CacheConfig,
  host: SavingHost,
  signal: AbortSignal,
): Promise<SaveReport | undefined> {
  if (config.packs.kind === 'none') return undefined;
  const folder = cacheFolder(config.directory);
  const notes = pendingFolder(config, host, folder);
  const pending = await readPending(notes);
  if (pending.names.length === 0) return undefined;
  const start = performance.now();
  const how = () => ({
    duration: Math.round(performance.now() - start),
    onGitHub: config.packs.kind === 'github',
  });
  const limited = withTimeLimit(signal, config.timeLimit);
  try {
    await using place = await openPackPlace(config, host, folder, limited);
    if (place?.transport.access.write !== true || !place.transport.access.read) return undefined;
    host.log.phase(`saving to ${place.transport.name}`);
    const believes = believer(host.provenance, 'any');
    const outcome = await save(config, place, folder, pending, believes, limited);
    await forgetPending(notes, pending);
    return outcome && describeSave(outcome, how());
  } catch (error) {
    signal.throwIfAborted();
    const why = limited.aborted
      ? `it took longer than ${formatDuration(config.timeLimit)}`
      : explain(error, config.directory);
    return describeFailedSave(why, how());
  }
}

/** The folder that packs are written to is the only one that is full without a TransportError. */
function explain(error: unknown, directory: string): string {
  const code = systemErrorCode(error) ?? '';
  return code === 'ENOSPC' || code === 'EDQUOT'
    ? `no space is left in ${directory} for what is to be sent (${code})`
    : messageOf(error);
}

async function save(
  { maxAge, quota, timeLimit }: CacheConfig,
  place: OpenPackPlace,
  folder: CacheFolder,
  { built, trees, used, lost }: PendingSave,
  believes: (origin: Origin) => boolean,
  signal: AbortSignal,
): Promise<SaveOutcome | undefined> {
  const { own, readable } = place.scopes;
  const fresh = [...(await readFresh(folder, built, believes)), ...readTrees(folder, trees)];
  if (fresh.length + used.length + lost.length === 0) return undefined;
  return saveResults(
    {
      place,
      scope: own,
      readable,
      fresh,
      used,
      lost,
      inputOf: (digest) => blobInFile(digest, join(folder.storage, objectPath(digest))),
      limits: { maxAge, quota, rewriteBytes: REWRITE_BYTES },
      movingTime: Math.ceil(timeLimit * MOVING_SHARE),
      now: Date.now(),
    },
    signal,
  );
}

/** The trees that were noted, as far as the local cache still has them. */
function readTrees(folder: CacheFolder, roots: readonly Digest[]): readonly FreshEntry[] {
  const fresh: FreshEntry[] = [];
  for (const digest of roots) {
    const { holes, reached, files } = walkTree(digest, storedDirectories(folder));
    if (holes.length > 0) continue;
    const directories = digestsOf(reached).filter(({ sizeBytes }) => sizeBytes > 0);
    fresh.push({ digest, result: null, blobs: [...directories, ...files], apart: directories.length });
  }
  return fresh;
}

/**
 * The results that were noted; one that the local cache has expired since is nobody's any more, and one in whose place
 * another run has put its own is saved only where this one believes it.
 */
async function readFresh(
  folder: CacheFolder,
  built: readonly Digest[],
  believes: (origin: Origin) => boolean,
): Promise<readonly FreshEntry[]> {
  const fresh: FreshEntry[] = [];
  for (const digest of built) {
    const stored = await readStoredResult(folder, digest);
    if (stored === undefined || !believes(stored.origin)) continue;
    const { result } = stored;
    try {
      const blobs = await storedClosure(folder, result);
      fresh.push({ digest, result: Buffer.from(ActionResult.encode(result).finish()), blobs });
    } catch (error) {
      if (!(error instanceof UnusableBlob)) throw error;
    }
  }
  return fresh;
}
