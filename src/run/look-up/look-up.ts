import type { BuildConfig } from '../../config/config.js';
import type { ActionResult } from '../../gen/build/bazel/remote/execution/v2/remote_execution.js';
import type { Log } from '../../machine.js';
import { missingOutputs, planOutputs, type PlannedOutput, treeDigests } from '../../outputs/plan.js';
import { EMPTY_DIGEST, formatDigest, parseDigest, type Digest } from '../../reapi/digest.js';
import { UnusableBlob } from '../../reapi/unusable-blob.js';
import { originWords } from '../../report/run/origin-words.js';
import type { Origin } from '../../trust/belief.js';
import { together } from '../../async/together.js';
import { foreignSignal } from '../execute/machine-failure.js';
import { readBlob } from '../../cas/read.js';
import type { Store } from '../../cas/store.js';
import { UnusableResult } from '../../cas/unusable-result.js';
import type { RunContext } from '../run-context.js';
import { whatIsUnsaid } from './unsaid.js';

/** What a process can end with; of a larger one the system keeps the lowest 8 bits, and 256 becomes a success. */
const LARGEST_EXIT_CODE = 255;

/** A result and what it means for the workspace. */
export interface KnownResult {
  readonly result: ActionResult;
  readonly planned: readonly PlannedOutput[];
}

/** The files of all outputs. */
export function filesOf({ planned }: KnownResult): readonly Digest[] {
  return planned.flatMap(({ nodes }) => nodes.flatMap((node) => (node.kind === 'file' ? [node.digest] : [])));
}

/** A result that was found, and what it was built under; null where nobody knows. */
export interface FoundResult extends KnownResult {
  readonly origin: Origin | null;
}

/** Looks the action up in one place. An entry that cannot be used or believed is no hit, and one line says why. */
export async function lookUp(
  { config, log, believes }: RunContext,
  source: Store,
  actionDigest: Digest,
  signal: AbortSignal,
): Promise<FoundResult | undefined> {
  const { build } = config;
  return undefinedIfUnusable(source, log, async () => {
    const found = await source.entry(actionDigest, signal);
    if (found === undefined) return undefined;
    const { result, origin } = found;
    if (origin !== null && !believes(origin)) {
      log.info(`the ${source.name} result is not believed here: it is ${originWords(origin)}`);
      return undefined;
    }
    const unsaid = whatIsUnsaid(result, source.name);
    if (unsaid !== undefined) throw new UnusableResult(`it does not say ${unsaid}`);
    if (result.exitCode !== 0 && !isBelievedFailure(result, build)) return undefined;
    if (result.exitCode < 0 || result.exitCode > LARGEST_EXIT_CODE) {
      throw new UnusableResult(`no build ends with exit code ${result.exitCode}`);
    }
    const known = await planResult(source, result, build, signal);
    const missing = missingOutputs(known.planned, build.outputs);
    if (missing.length === 0 || result.exitCode !== 0) return { ...known, origin };
    throw new UnusableResult(`it lacks the output ${missing.join(', ')}`);
  });
}

/** What somebody remembered who does not tell a build's own failure from one of its machine is not believed. */
function isBelievedFailure({ exitCode }: ActionResult, { cacheFailures }: BuildConfig): boolean {
  return cacheFailures && foreignSignal(exitCode) === undefined;
}

/** Runs what uses a cached result. Where that is no good, one line says why, and it is as if there were none. */
export async function undefinedIfUnusable<T>(
  source: Store,
  log: Log,
  work: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof UnusableResult || error instanceof UnusableBlob)) throw error;
    if (error instanceof UnusableBlob && error.reason === 'corrupt') await source.discard(error.digest);
    log.warn(`the ${source.name} result is not usable (${error.message}): building again`);
    return undefined;
  }
}

/**
 * Reads the trees that a result names, all at once, and plans its outputs.
 *
 * @throws UnusableResult, UnusableBlob
 */
export async function planResult(
  source: Store,
  result: ActionResult,
  build: BuildConfig,
  signal: AbortSignal,
): Promise<KnownResult> {
  const digests = treeDigests(result);
  if (digests.length > build.outputs.length)
    throw new UnusableResult('it has more outputs than were declared');
  const trees = new Map<string, Uint8Array>();
  const fetch = (digest: Digest) => async (either: AbortSignal) => {
    trees.set(digest.hash, await readBlob(source, checked(digest), either));
  };
  await together(signal, ...digests.map(fetch));
  const known = { result, planned: planOutputs(result, trees, build.outputs, build.workingDirectory) };
  filesOf(known).forEach(checked);
  [result.stdoutDigest, result.stderrDigest].forEach((digest) => digest && checked(digest));
  return known;
}

/** The digest, if it is one: an entry may name anything. Nobody fetches what is empty, and so nobody hashes it. */
function checked(digest: Digest): Digest {
  const isEmpty = digest.sizeBytes === 0;
  if (isEmpty ? digest.hash === EMPTY_DIGEST.hash : parseDigest(formatDigest(digest)) !== undefined)
    return digest;
  throw new UnusableResult(`it names ${JSON.stringify(formatDigest(digest))}, which is no digest`);
}
