import { readFile } from 'node:fs/promises';
import type { RemotePresence } from '../local/plan-expiry.js';
import type { StoredEntry } from '../local/stored-contents.js';
import { ActionResult } from '../gen/build/bazel/remote/execution/v2/remote_execution.js';
import type { Digest } from '../reapi/digest.js';
import { UnusableBlob } from '../reapi/unusable-blob.js';
import { getActionResult, UnreadableEntry } from '../remote/action-cache.js';
import { namedBlobs } from '../cas/named-blobs.js';
import { missingOf } from '../remote/transfer/closure.js';
import { findMissing } from '../remote/transfer/find-missing.js';
import { sideBySide } from '../async/side-by-side.js';
import { TransferWindow, windowGate } from '../remote/transfer/window.js';
import type { RemoteServices } from '../remote/services.js';

const QUESTIONS_AT_ONCE = 32;
const ENTRY_BYTES = 1024;

/**
 * Asks the remote which of these results it could give in place of ours: the entry and everything that it names.
 *
 * @throws RpcError, Unavailable
 */
export async function askPresence(
  { cas, actionCache }: RemoteServices,
  entries: readonly StoredEntry[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, RemotePresence>> {
  const missing = await findMissing(
    cas,
    entries.flatMap(({ blobs }) => blobs),
    signal,
  );
  const presence = new Map<string, RemotePresence>();
  const ask = async (entry: StoredEntry, either: AbortSignal): Promise<RemotePresence> => {
    const action = actionOf(entry);
    if (action === undefined) return 'refused'; // What it is the result of is not known any more.
    const theirs = await getActionResult(actionCache, action, either).catch(undefinedIfUnreadable);
    if (theirs === undefined) return 'lacks';
    const ours = new Set(entry.blobs.map(({ hash }) => hash));
    const same = allNamed(theirs).every(({ hash }) => ours.has(hash));
    const whole = same
      ? entry.blobs.every(({ hash }) => !missing.has(hash))
      : await isWhole({ cas, theirs }, either);
    return whole ? 'has' : 'lacks';
  };
  await sideBySide(
    entries,
    {
      most: QUESTIONS_AT_ONCE,
      gate: windowGate(new TransferWindow(), () => ENTRY_BYTES),
      run: async (entry, either) => presence.set(entry.hash, await ask(entry, either)),
    },
    signal,
  );
  return presence;
}

/** What nobody can read is as good as nothing, and may be replaced. */
function undefinedIfUnreadable(error: unknown): undefined {
  if (!(error instanceof UnreadableEntry)) throw error;
}

/** The digest of the Action, whose size only the Action itself tells. */
export function actionOf({ hash, recipe }: StoredEntry): Digest | undefined {
  return recipe.find((digest) => digest.hash === hash);
}

export async function readEntry(entry: StoredEntry): Promise<ActionResult> {
  return ActionResult.decode(await readFile(entry.path));
}

function allNamed(result: ActionResult): readonly Digest[] {
  const { plain, trees, roots } = namedBlobs(result);
  return [...plain, ...trees, ...roots];
}

/** Of a build that does not give the same every time, the remote may have another result, which is as good. */
async function isWhole(
  { cas, theirs }: { readonly cas: RemoteServices['cas']; readonly theirs: ActionResult },
  signal: AbortSignal,
): Promise<boolean> {
  try {
    return (await missingOf(cas, theirs, undefined, signal)).length === 0;
  } catch (error) {
    if (error instanceof UnusableBlob) return false;
    throw error;
  }
}
