import type { CacheFolder } from '../casd/folder.js';
import type { Config } from '../config/config.js';
import type { Host } from '../host/host.js';
import type { Log } from '../machine.js';
import type { CasdContext } from './reach-casd.js';
import { RemoteSession } from './remote-session.js';
import { Stopwatch } from './stopwatch.js';
import { toolFinder } from './tool-finder.js';

/** What every step of a run needs. */
export interface RunContext extends CasdContext {
  readonly config: Config;
  readonly host: Host;
  /** The host's log, which also keeps the warnings for the report. */
  readonly log: Log;
  readonly warnings: readonly string[];
  /** Undefined where no remote is configured. */
  readonly session: RemoteSession | undefined;
}

export function runContext(config: Config, host: Host, folder: CacheFolder, signal: AbortSignal): RunContext {
  const warnings: string[] = [];
  const log: Log = {
    phase: (text) => host.log.phase(text),
    info: (text) => host.log.info(text),
    warn: (text) => {
      warnings.push(text);
      host.log.warn(text);
    },
  };
  const { machine } = host;
  const session = config.remote && new RemoteSession(config.remote, host, log, signal);
  return {
    config,
    session,
    host,
    machine,
    log,
    warnings,
    folder,
    quota: config.cache.quota,
    watch: new Stopwatch(),
    tools: toolFinder(config.buildbox, { machine, log }, folder, signal),
  };
}
