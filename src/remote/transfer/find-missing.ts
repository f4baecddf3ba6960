import { ContentAddressableStorageService } from '../../gen/build/bazel/remote/execution/v2/remote_execution.services.js';
import { distinctDigests, type Digest } from '../../reapi/digest.js';
import { callUnary } from '../../rpc/call.js';
import { rawUnary } from '../../rpc/raw-methods.js';
import { missingIn } from './answers.js';
import { DIGEST_BYTES } from './batches.js';
import type { CasService } from '../cas-service.js';
import { sideBySide } from '../../async/side-by-side.js';
import { TransferWindow, windowGate } from './window.js';

/** The first answer comes soon, and its blobs are sent while the others are asked for. */
const DIGESTS_IN_FIRST_QUESTION = 250;
const DIGESTS_PER_QUESTION = 1000;
const QUESTIONS_AT_ONCE = 16;

/** Of these blobs, the hashes of those that the remote lacks. */
export async function findMissing(
  cas: CasService,
  digests: Iterable<Digest>,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const missing = new Set<string>();
  const note = (lacking: readonly Digest[]) => {
    for (const { hash } of lacking) missing.add(hash);
  };
  await eachMissing(cas, distinctDigests(digests), { digestOf: (digest) => digest, onMissing: note }, signal);
  return missing;
}

export interface Questions<T> {
  readonly digestOf: (thing: T) => Digest;
  /** Called with what one answer names, as it comes; while it has not ended, less is asked for. */
  readonly onMissing: (missing: readonly T[]) => void | Promise<void>;
  /** Of what is sent meanwhile: it is told how much has moved here. */
  readonly beside?: TransferWindow;
}

/**
 * Asks which of these blobs the remote lacks, and holds no more of them than it is asked for at once.
 *
 * @param things each once
 */
export function eachMissing<T>(
  cas: CasService,
  things: Iterable<T>,
  { digestOf, onMissing, beside }: Questions<T>,
  signal: AbortSignal,
): Promise<void> {
  const bytesOf = (question: readonly T[]) => question.length * DIGEST_BYTES;
  return sideBySide(
    questions(things),
    {
      most: QUESTIONS_AT_ONCE,
      gate: windowGate(new TransferWindow(), bytesOf),
      run: async (question, either) => {
        const missing = await ask(cas, question.map(digestOf), either);
        beside?.heard(bytesOf(question));
        await onMissing(question.filter((thing) => missing.has(digestOf(thing).hash)));
      },
    },
    signal,
  );
}

function* questions<T>(things: Iterable<T>): Generator<readonly T[], void, undefined> {
  let question: T[] = [];
  let most = DIGESTS_IN_FIRST_QUESTION;
  for (const thing of things) {
    if (question.push(thing) < most) continue;
    yield question;
    question = [];
    most = DIGESTS_PER_QUESTION;
  }
  if (question.length > 0) yield question;
}

async function ask(
  cas: CasService,
  blobDigests: Digest[],
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const bytes = blobDigests.length * DIGEST_BYTES;
  const { path, requestSerialize } = ContentAddressableStorageService.findMissingBlobs;
  return cas.guard.transfer(
    'FindMissingBlobs',
    async (limits) => {
      const missing = await callUnary(
        'FindMissingBlobs',
        rawUnary(cas.storage, { path, encode: requestSerialize, decode: missingIn }),
        { instanceName: cas.instance, blobDigests, digestFunction: 0 },
        limits,
      );
      limits.moved(bytes + missing.size * DIGEST_BYTES);
      return missing;
    },
    { bytes, signal },
  );
}
