import { join } from 'node:path';
import { objectPath } from '../../local/layout.js';
import type { CacheFolder } from '../../local/folder.js';
import { storedClosure } from '../../local/stored-closure.js';
import type { Log } from '../../machine.js';
import { digestOf, type Digest } from '../../reapi/digest.js';
import { UnusableBlob } from '../../reapi/unusable-blob.js';
import { updateActionResult } from '../../remote/action-cache.js';
import { blobInFile, blobInMemory, type BlobSource } from '../../cas/blob-source.js';
import { uploadMissing } from '../../remote/transfer/upload.js';
import type { KnownResult } from '../look-up/look-up.js';
import type { PreparedAction } from '../prepare/prepare.js';
import type { RemoteServices } from '../../remote/services.js';
import type { RemoteSession } from '../remote-session.js';
import type { WholeTree } from '../execute/restore-rootfs.js';
import { tellProgress } from '../tell-progress.js';

export interface PushRequest {
  readonly session: RemoteSession;
  readonly services: RemoteServices;
  readonly log: Log;
  readonly folder: CacheFolder;
  readonly prepared: PreparedAction;
  readonly known: KnownResult;
  /** Undefined where it is the host's own, of which nothing is in CAS. */
  readonly rootfs: WholeTree | undefined;
  readonly pushInputs: boolean;
}

/**
 * Gives a result to the remote: first every blob that it lacks, then the entry. An entry whose blobs were not all
 * taken is not written.
 */
export async function pushResult(request: PushRequest, signal: AbortSignal): Promise<void> {
  const { session, services, log, prepared, known } = request;
  if (!services.updateEnabled) {
    log.warn('the remote takes no action-cache entries: the result stays here');
    return;
  }
  const what = 'giving the result to the remote';
  log.phase(what);
  const closure = await closureHere(request);
  if (closure === undefined) return;
  await session.attempt('push', async () => {
    const progress = tellProgress(log, what);
    const { blobs, bytes, refused } = await uploadMissing(
      services.cas,
      blobsOf(request, closure),
      signal,
      progress,
    );
    session.pushed(blobs, bytes);
    const [first] = refused;
    if (first !== undefined) {
      const why = session.hide(first.reason);
      log.warn(`the remote refused ${refused.length} blobs (${why}): the result stays here`);
      return;
    }
    await updateActionResult(services.actionCache, prepared.actionDigest, known.result, signal);
  });
}

/** Undefined where some of it is gone, or damaged, since it was built; one line says so. */
async function closureHere({ folder, log, known }: PushRequest): Promise<readonly Digest[] | undefined> {
  try {
    return await storedClosure(folder, known.result);
  } catch (error) {
    if (!(error instanceof UnusableBlob)) throw error;
    log.warn(`${error.message}: the result stays here`);
    return undefined;
  }
}

/** Everything that the entry needs, and what it takes to run the action elsewhere. */
function* blobsOf(
  { folder, prepared, rootfs, pushInputs }: PushRequest,
  closure: readonly Digest[],
): Generator<BlobSource> {
  const stored = (digest: Digest) => blobInFile(digest, join(folder.storage, objectPath(digest)));
  const inMemory = (blob: Uint8Array) => blobInMemory(digestOf(blob), blob);
  yield inMemory(prepared.action);
  yield inMemory(prepared.command);
  for (const digest of closure) yield stored(digest);
  if (!pushInputs) return;
  for (const blob of [...prepared.rootBlobs, ...prepared.inputRoot.directories.values()])
    yield inMemory(blob);
  for (const node of prepared.inputs.nodes) if (node.kind === 'file') yield stored(node.digest);
  for (const blob of rootfs?.reached.values() ?? []) yield inMemory(blob);
  for (const digest of rootfs?.files ?? []) yield stored(digest);
}
