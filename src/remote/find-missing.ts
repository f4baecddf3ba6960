import type { Digest } from '../reapi/digest.js';
import { callUnary } from '../rpc/call.js';
import { DIGEST_BYTES, distinctDigests } from './batches.js';
import type { CasService } from './cas-service.js';
import { sideBySide } from './side-by-side.js';
import { TransferWindow } from './window.js';

/** Few enough that the first answer comes soon, and its blobs can be sent while the others are asked for. */
const DIGESTS_PER_QUESTION = 1000;
const QUESTIONS_AT_ONCE = 16;

/**
 * Of these blobs, the hashes of those that the remote lacks.
 *
 * @param onMissing called with each answer as it comes
 */
export async function findMissing(
  cas: CasService,
  digests: Iterable<Digest>,
  signal: AbortSignal,
  onMissing: (missing: readonly string[]) => void = () => undefined,
): Promise<ReadonlySet<string>> {
  const missing = new Set<string>();
  await sideBySide(
    questions(distinctDigests(digests)),
    {
      window: new TransferWindow(),
      places: QUESTIONS_AT_ONCE,
      bytesOf: (question) => question.length * DIGEST_BYTES,
      run: async (question, either) => {
        const answer = await ask(cas, question, either);
        for (const hash of answer) missing.add(hash);
        onMissing(answer);
      },
    },
    signal,
  );
  return missing;
}

function* questions(digests: readonly Digest[]) {
  for (let start = 0; start < digests.length; start += DIGESTS_PER_QUESTION) {
    yield digests.slice(start, start + DIGESTS_PER_QUESTION);
  }
}

async function ask(cas: CasService, question: readonly Digest[], signal: AbortSignal): Promise<string[]> {
  const bytes = question.length * DIGEST_BYTES;
  const answer = await cas.guard.transfer(
    'FindMissingBlobs',
    async (limits) => {
      const message = await callUnary(
        'FindMissingBlobs',
        cas.storage.findMissingBlobs.bind(cas.storage),
        { instanceName: cas.instance, blobDigests: [...question], digestFunction: 0 },
        limits,
      );
      limits.moved(bytes + message.missingBlobDigests.length * DIGEST_BYTES);
      return message;
    },
    { bytes, signal },
  );
  const asked = new Set(question.map(({ hash }) => hash));
  return answer.missingBlobDigests.map(({ hash }) => hash).filter((hash) => asked.has(hash));
}
