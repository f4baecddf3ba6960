import { status } from '@grpc/grpc-js';
import { Directory } from '../../gen/build/bazel/remote/execution/v2/remote_execution.js';
import { digestOf, formatDigest, type Digest } from '../../reapi/digest.js';
import { walkTree } from '../../reapi/walk-tree.js';
import { callServerStream, RpcError } from '../../rpc/call.js';
import type { CasService } from '../cas-service.js';
import { downloadBlobs, TooLarge } from './download-to-memory.js';
import type { TransferLimits } from '../guard/guard.js';

/** A tree of Directory messages, all of them there and each what its digest says. */
export interface FetchedTree {
  readonly root: Digest;
  /** The encoded Directory messages by hash. */
  readonly directories: ReadonlyMap<string, Uint8Array>;
  /** What its files hold, each once. */
  readonly files: readonly Digest[];
}

/** More than any build makes. */
const MOST_BYTES = 64 * 1024 * 1024;

/**
 * Brings a tree's directories here: by GetTree, which takes no round trip a level, and whatever that leaves out by
 * digest.
 *
 * @param known directories that are here, by hash
 * @throws UnusableBlob for the first directory that is missing or corrupt; TooLarge; RpcError, Unavailable
 */
export async function fetchTree(
  cas: CasService,
  root: Digest,
  signal: AbortSignal,
  known: ReadonlyMap<string, Uint8Array> = new Map(),
): Promise<FetchedTree> {
  const directories = new Map(known);
  let left = MOST_BYTES;
  if (root.sizeBytes > 0 && !known.has(root.hash)) left -= await getTree(cas, root, directories, signal);
  const find = ({ hash }: Digest) => directories.get(hash);
  let walked = walkTree(root, find);
  while (walked.holes.length > 0) {
    const found = await downloadBlobs(cas, walked.holes, left, signal);
    for (const [hash, bytes] of found) {
      left -= bytes.length;
      directories.set(hash, bytes);
    }
    walked = walkTree(root, find);
  }
  return { root, directories: walked.reached, files: walked.files };
}

/** What the server gives at once, by the hash of what it is, whatever it says that it were. Returns the bytes of it. */
async function getTree(
  cas: CasService,
  rootDigest: Digest,
  directories: Map<string, Uint8Array>,
  signal: AbortSignal,
): Promise<number> {
  let pageToken = '';
  let received = 0;
  const page = async (limits: TransferLimits) => {
    const known = directories.size;
    const messages = callServerStream(
      'GetTree',
      cas.storage.getTree.bind(cas.storage),
      { instanceName: cas.instance, rootDigest, pageSize: 0, pageToken, digestFunction: 0 },
      limits,
    );
    let next = '';
    for await (const message of messages) {
      for (const directory of message.directories) {
        const bytes = Directory.encode(directory).finish();
        directories.set(digestOf(bytes).hash, bytes);
        limits.moved(bytes.length);
        received += bytes.length;
        if (received > MOST_BYTES) {
          throw new TooLarge(
            `the tree ${formatDigest(rootDigest)} has more than ${MOST_BYTES} bytes of folders`,
          );
        }
      }
      next = message.nextPageToken;
      if (next !== '') pageToken = next;
    }
    return next !== '' && directories.size > known;
  };
  try {
    const more = () => cas.guard.transfer('GetTree', page, { bytes: MOST_BYTES, signal, resumable: true });
    while (await more());
  } catch (error) {
    if (!(error instanceof RpcError) || !LEAVES_HOLES.has(error.code)) throw error;
  }
  return received;
}

/** The answers after which directories can still be had by their digests. */
const LEAVES_HOLES: ReadonlySet<status> = new Set([
  status.UNIMPLEMENTED,
  status.NOT_FOUND,
  status.INVALID_ARGUMENT,
  status.FAILED_PRECONDITION,
]);
