import type { RawInputs } from '../config/given.js';
import type { Host } from '../host/host.js';

/** What a command needs besides its flags. */
export interface CommandContext {
  readonly host: Host;
  readonly signal: AbortSignal;
}

/** What a command was given on the command line. */
export interface Invocation {
  readonly inputs: RawInputs;
  readonly json: boolean;
  /** `--dry-run` and `--to`, of the commands that have them. */
  readonly dryRun: boolean;
  readonly to: string | undefined;
  /** What stands after `--`. */
  readonly argv: readonly string[];
}
