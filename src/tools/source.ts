import type { BuildBoxConfig, BuildBoxSource } from '../config/config.js';
import type { Log, Machine } from '../machine.js';
import type { HashOf } from './buildbox/install.js';

/** A BuildBox that is ready to run. All paths are absolute. */
export interface BuildBox {
  readonly version: string;
  readonly source: BuildBoxSource;
  readonly casd: string;
  /** The bubblewrap runner. */
  readonly run: string;
  /** `buildbox-fuse`, undefined where there is none of the same version. */
  readonly fuse: string | undefined;
}

export interface ToolContext {
  readonly machine: Machine;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Where tools are kept between runs: absolute, in no checkout; made when it is needed. */
  readonly toolFolder: string;
  /** The same for tools whose hashes are known here, so that it matters to nobody who else may write there. */
  readonly pinnedFolder: string;
  /** The SHA-256 of a file of a tool, with the status it has now. */
  readonly hashOf: HashOf;
}

/** Why a source cannot give what was asked for, as the end of a sentence. */
export interface Declined {
  readonly declined: string;
}

/** One place that BuildBox comes from. */
export interface Source {
  readonly name: BuildBoxSource;
  /** What is here already. Takes milliseconds. */
  find(request: BuildBoxConfig, context: ToolContext): Promise<BuildBox | Declined>;
  /** Fetches what is not here yet; undefined for a source that has nothing to fetch. */
  readonly install:
    ((request: BuildBoxConfig, context: ToolContext) => Promise<BuildBox | Declined>) | undefined;
}

export function isDeclined(answer: object): answer is Declined {
  return 'declined' in answer;
}
