import { type CasdConnection, connectCasd } from '../casd/connection.js';
import type { CacheFolder } from '../casd/folder.js';
import type { Lease } from '../casd/leases.js';
import { holdsResults } from '../casd/holds-results.js';
import { joinCasd, joinOrStartCasd } from '../casd/share.js';
import { type CasdState, readRunningState } from '../casd/state.js';
import type { Log, Machine } from '../machine.js';
import type { RunContext } from './run-context.js';
import type { Stopwatch } from './stopwatch.js';
import type { ToolFinder } from './tool-finder.js';

export interface CasdContext {
  readonly machine: Machine;
  readonly log: Log;
  readonly folder: CacheFolder;
  /** Bytes. */
  readonly quota: number;
  readonly tools: ToolFinder;
  readonly watch: Stopwatch;
}

/**
 * Connects to a casd that can be asked for a result at once. Where a remote may have the result too, nothing is
 * installed for the question, nor started for a cache that holds no results.
 *
 * @returns undefined where it is better to ask the remote first
 */
export async function reachCasdForLookUp(
  context: CasdContext & Pick<RunContext, 'session'>,
  lease: Lease,
  signal: AbortSignal,
): Promise<CasdConnection | undefined> {
  const { session, folder, tools } = context;
  const worthStarting =
    session === undefined ||
    readRunningState(folder) !== undefined ||
    (holdsResults(folder) && (await tools.installedBuildBox()) !== undefined);
  return worthStarting ? reachCasd(context, lease, signal) : undefined;
}

/** Connects to the casd of the cache folder; finds or installs BuildBox and starts one where none runs yet. */
export async function reachCasd(
  context: CasdContext,
  lease: Lease,
  signal: AbortSignal,
): Promise<CasdConnection> {
  const { folder, watch } = context;
  const state =
    (await watch.measure('casd', () => joinCasd(folder, lease, signal))) ??
    (await start(context, lease, signal));
  if (state.quota !== context.quota) {
    context.log.info('casd runs already, with another quota: `cache-quota` counts from its next start');
  }
  return connectCasd(state);
}

async function start(context: CasdContext, lease: Lease, signal: AbortSignal): Promise<CasdState> {
  const { machine, folder, quota, tools, watch } = context;
  const buildbox = await watch.measure('tools', () => tools.buildbox());
  return watch.measure('casd', () =>
    joinOrStartCasd(
      {
        folder,
        casd: buildbox.casd,
        fuse: buildbox.fuse,
        buildbox,
        quota,
        searchPath: machine.path.join(':'),
        temporary: machine.temporary,
        trackingId: machine.environment.RUNNER_TRACKING_ID,
      },
      lease,
      signal,
    ),
  );
}
