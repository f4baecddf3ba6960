import type { CasdConnection } from '../../casd/connection.js';
import { type CacheUsage, readUsage } from '../../casd/usage.js';
import { Fault, messageOf } from '../../errors.js';
import { fullCache } from '../../report/upkeep/space-words.js';

/** casd's own words for a blob that is larger than all of its quota; the other sizes it does not tell. */
const TOO_LARGE = /Blob size exceeds total storage allocation \(([0-9]+) >= ([0-9]+) bytes\)/;
const FULL = /OutOfSpaceException|Insufficient space/;
/** What is there no more was let go by casd itself, where it is about as full as it is after it has made room. */
const GONE = /not found in the local CAS|blob [0-9a-f]{64}\/[0-9]+ is missing/;
const FULL_SHARE = 0.3;

const DEADLINE = 2000;

/**
 * Tells a build that failed because its blobs do not fit the quota, which has many faces: casd refuses a blob, or lets go
 * of what the build has just stored and needs. Undefined where it is something else.
 *
 * @param quota `cache-quota` in bytes
 * @param known bytes that the build surely needs: its inputs
 */
export async function explainFullCache(
  error: unknown,
  casd: CasdConnection,
  { quota, known }: { readonly quota: number; readonly known: number },
): Promise<Fault | undefined> {
  const text = messageOf(error);
  const gone = GONE.test(text);
  if (!gone && !FULL.test(text)) return undefined;
  const usage = await readUsage(casd, AbortSignal.timeout(DEADLINE)).catch(() => undefined);
  if (gone && !isNearlyFull(usage, known)) return undefined;
  const blob = Number(TOO_LARGE.exec(text)?.[1] ?? 0);
  const { message, remedy } = fullCache({ quota, allotted: usage?.quota ?? quota, blob, inputs: known });
  return new Fault(message, { cause: error, remedy });
}

function isNearlyFull(usage: CacheUsage | undefined, known: number): boolean {
  return usage !== undefined && (usage.size >= usage.quota * FULL_SHARE || known >= usage.quota * FULL_SHARE);
}
