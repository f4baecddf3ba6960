import { status } from '@grpc/grpc-js';
import type { CasdConnection } from '../../casd/connection.js';
import { dropDamaged } from '../../local/drop-damaged.js';
import type { CacheFolder } from '../../local/folder.js';
import { captureFiles, findMissing, storeBlobs } from '../../casd/store.js';
import type { InputFile } from '../../inputs/input-tree.js';
import type { Log } from '../../machine.js';
import { digestOf, sameDigest, type Digest } from '../../reapi/digest.js';
import { RpcError } from '../../rpc/call.js';
import { ChangedInputs } from '../prepare/changed-inputs.js';
import { tellDamaged } from './damaged-cache.js';
import type { PreparedAction } from '../prepare/prepare.js';

/** Where an action is captured from and to. */
export interface CaptureRequest {
  readonly casd: CasdConnection;
  readonly folder: CacheFolder;
  /** The checkout. */
  readonly workspace: string;
  readonly log: Log;
}

export interface Captured {
  /** How many of the files casd had. */
  readonly cachedInputs: number;
  /** Files that casd had, of which nobody has looked at the content yet. */
  readonly unchecked: readonly Digest[];
}

/** Up to so many bytes of files are checked before the build begins, so that a small one need not be built twice. */
const CHECKED_FIRST = 4_000_000;

/**
 * Gives casd what it lacks of an action: files from the checkout by their paths, everything else from memory. What casd
 * has is looked at before, and what is damaged is given to it anew: without a sound Command or Directory nothing is
 * staged at all.
 *
 * @throws ChangedInputs when a file is no longer what it was when the action got its name
 */
export async function captureAction(
  { casd, folder, workspace, log }: CaptureRequest,
  prepared: PreparedAction,
  signal: AbortSignal,
): Promise<Captured> {
  const made = [
    prepared.action,
    prepared.command,
    ...prepared.rootBlobs,
    ...prepared.inputRoot.directories.values(),
  ].map((blob) => ({ blob, digest: digestOf(blob) }));
  const files = prepared.inputs.nodes.flatMap((node) => (node.kind === 'file' ? [node] : []));
  const wanted = new Map(files.map((file) => [file.digest.hash, file]));
  const [first, later] = splitBySize([...wanted.values()].map(({ digest }) => digest));
  const checked = [...made.map(({ digest }) => digest), ...first];
  const damaged = await dropDamaged(folder, checked, 'content', signal);
  if (damaged.length > 0) log.warn(`the local cache was damaged: ${tellDamaged(damaged)}. Storing anew`);

  const distinct = new Map([...made, ...files].map(({ digest }) => [digest.hash, digest]));
  const missing = await findMissing(casd, [...distinct.values()], signal);
  await storeBlobs(
    casd,
    made.flatMap(({ blob, digest }) => (missing.has(digest.hash) ? [blob] : [])),
    signal,
  );
  const lacking = [...wanted.values()].filter(({ digest }) => missing.has(digest.hash));
  // A link to nowhere in the place of a blob is taken for a missing one, and is never replaced.
  const inTheWay = lacking.map(({ digest }) => digest);
  await dropDamaged(folder, inTheWay, 'form', signal);
  await captureInputs(casd, workspace, lacking, signal);
  return {
    cachedInputs: files.filter(({ digest }) => !missing.has(digest.hash)).length,
    unchecked: later.filter(({ hash }) => !missing.has(hash)),
  };
}

function splitBySize(digests: readonly Digest[]): [first: readonly Digest[], later: readonly Digest[]] {
  let bytes = 0;
  const end = digests.findIndex(({ sizeBytes }) => (bytes += sizeBytes + BLOB_COST) > CHECKED_FIRST);
  return end < 0 ? [digests, []] : [digests.slice(0, end), digests.slice(end)];
}

/** To open a blob takes as long as to hash so many bytes. */
const BLOB_COST = 16_000;

async function captureInputs(
  casd: CasdConnection,
  workspace: string,
  lacking: readonly InputFile[],
  signal: AbortSignal,
): Promise<void> {
  const paths = lacking.map(({ path }) => path);
  const captured = await captureFiles(casd, workspace, paths, signal).catch((error: unknown) => {
    if (!(error instanceof RpcError) || error.code !== status.NOT_FOUND) throw error;
    return new Map<string, Digest>(); // One of them is gone.
  });
  const [first, ...others] = lacking.filter(({ path, digest }) => !sameDigest(captured.get(path), digest));
  if (first !== undefined) throw new ChangedInputs([first.path, ...others.map(({ path }) => path)]);
}
