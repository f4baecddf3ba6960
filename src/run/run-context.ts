import type { CacheFolder } from '../local/folder.js';
import type { Config, RemoteConfig } from '../config/config.js';
import type { Host } from '../host/host.js';
import type { Log } from '../machine.js';
import { believer, type Origin } from '../trust/belief.js';
import type { PackSession } from './pack-session.js';
import type { CasdContext } from './execute/reach-casd.js';
import type { RemoteSession } from './remote-session.js';
import { Stopwatch } from './stopwatch.js';
import { toolFinder } from './tool-finder.js';

/** What every step of a run needs. */
export interface RunContext extends CasdContext {
  readonly config: Config;
  readonly host: Host;
  /** The host's log, which also keeps the warnings for the report. */
  readonly log: Log;
  readonly warnings: readonly string[];
  /** Whether this run takes a result of such an origin in place of building. */
  readonly believes: (origin: Origin) => boolean;
  /** Undefined where no remote is configured. */
  readonly session: RemoteSession | undefined;
  /** Undefined where nothing is kept between runs. */
  readonly packs: PackSession | undefined;
}

/**
 * Opens a run. Its remote, where there is one, is asked at once what it can do, and what is kept between runs is
 * read; close both in the end.
 */
export async function openRun(
  config: Config,
  host: Host,
  folder: CacheFolder,
  signal: AbortSignal,
): Promise<RunContext> {
  const warnings: string[] = [];
  const log: Log = {
    phase: (text) => host.log.phase(text),
    progress: (text) => host.log.progress(text),
    info: (text) => host.log.info(text),
    notice: (text) => host.log.notice(text),
    warn: (text) => {
      warnings.push(text);
      host.log.warn(text);
    },
  };
  const { machine } = host;
  const packs =
    config.cache.packs.kind === 'none' ? undefined : await openPacks(config, host, log, folder, signal);
  return {
    config,
    believes: believer(host.provenance, config.requireTier),
    packs,
    session: config.remote && (await openSession(config.remote, host, log, signal)),
    host,
    machine,
    log,
    warnings,
    folder,
    quota: config.cache.quota,
    watch: new Stopwatch(),
    tools: toolFinder(
      { buildbox: config.buildbox, fixHost: config.sandbox.fixHost },
      { machine, log },
      folder,
      signal,
    ),
  };
}

async function openSession(
  config: RemoteConfig,
  host: Host,
  log: Log,
  signal: AbortSignal,
): Promise<RemoteSession> {
  const { RemoteSession: Session } = await import(/* webpackChunkName: "later" */ './remote-session.js');
  return new Session(config, host, log, signal);
}

async function openPacks(
  config: Config,
  host: Host,
  log: Log,
  folder: CacheFolder,
  signal: AbortSignal,
): Promise<PackSession | undefined> {
  const { PackSession: Session } = await import(/* webpackChunkName: "later" */ './pack-session.js');
  return Session.open(config, host, log, folder, signal);
}
