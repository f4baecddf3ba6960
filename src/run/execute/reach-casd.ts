import { type CasdConnection, connectCasd } from '../../casd/connection.js';
import type { CacheFolder } from '../../local/folder.js';
import type { Lease } from '../../casd/leases.js';
import { joinCasd, joinOrStartCasd } from '../../casd/share.js';
import type { CasdState } from '../../casd/state.js';
import type { Log, Machine } from '../../machine.js';
import { ownSearchPath } from '../../process/own-programs.js';
import { allotFolder } from './allot-folder.js';
import type { Stopwatch } from '../stopwatch.js';
import type { ToolFinder } from '../tool-finder.js';

export interface CasdContext {
  readonly machine: Machine;
  readonly log: Log;
  readonly folder: CacheFolder;
  /** Bytes. */
  readonly quota: number;
  readonly tools: ToolFinder;
  readonly watch: Stopwatch;
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
  const { machine, log, folder, quota, tools, watch } = context;
  const buildbox = await watch.measure('tools', () => tools.buildbox());
  const allotment = await watch.measure('casd', () => allotFolder(folder, quota, log, signal));
  return watch.measure('casd', () =>
    joinOrStartCasd(
      {
        folder,
        casd: buildbox.casd,
        fuse: buildbox.fuse,
        buildbox,
        quota,
        allotment,
        searchPath: ownSearchPath(machine),
        temporary: machine.temporary,
        trackingId: machine.environment.RUNNER_TRACKING_ID,
      },
      lease,
      signal,
    ),
  );
}
