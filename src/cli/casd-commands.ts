import { formatBytes, formatShare } from '../report/format-quantity.js';
import { attachRemote } from '../run/execute/attach-remote.js';
import { claimCache } from '../run/claim-cache.js';
import { reachCasd } from '../run/execute/reach-casd.js';
import { Stopwatch } from '../run/stopwatch.js';
import { toolFinder } from '../run/tool-finder.js';
import type { CacheFolder } from '../local/folder.js';
import { type Lease, liveLeases } from '../casd/leases.js';
import { dismissCasd } from '../casd/share.js';
import { servingCasds } from '../casd/serving.js';
import { type CasdState, readRunningState } from '../casd/state.js';
import { askUsage, type CacheUsage } from '../casd/usage.js';
import { readCache } from '../config/cache.js';
import { readBuildBox, readRemoteConfig } from '../config/read.js';
import { ownSearchPath } from '../process/own-programs.js';
import type { CommandContext, Invocation } from './command-context.js';

/** The lease of a daemon that was started for its own sake: nobody's, so it lasts until `casd stop`. */
const KEPT: Lease = { id: 'kept', owner: null };

/**
 * `buildbox-ci casd start`: prints the daemon's address, and on a second line the instance name by which tools reach the
 * remote through it. Starting one that runs is no mistake.
 */
export async function casdStart(
  { inputs, json }: Invocation,
  { host, signal }: CommandContext,
): Promise<number> {
  const { machine } = host;
  const cache = readCache(inputs, machine);
  const remote = readRemoteConfig(inputs, machine);
  const folder = await claimCache(cache, machine, signal);
  const tools = toolFinder({ buildbox: readBuildBox(inputs), fixHost: 'never' }, host, folder, signal);
  const casd = await reachCasd(
    { machine, log: host.log, folder, quota: cache.quota, tools, watch: new Stopwatch() },
    KEPT,
    signal,
  );
  const instance = remote && (await attachRemote(casd, remote, host, folder, signal));
  casd.close();
  const { process: daemon, buildbox } = casd.state;
  host.answer(
    json
      ? JSON.stringify({ socket: casd.address, pid: daemon.pid, buildbox, instance: instance ?? null })
      : [casd.address, ...(instance === undefined ? [] : [instance])].join('\n'),
  );
  return 0;
}

/** `buildbox-ci casd stop`: exits with 1 while builds still use the daemon, which the last of them then stops. */
export async function casdStop(
  { inputs, json }: Invocation,
  { host, signal }: CommandContext,
): Promise<number> {
  const folder = await claimCache(readCache(inputs, host.machine), host.machine, signal);
  const users = (await dismissCasd(folder, ownSearchPath(host.machine))).flatMap(({ owner }) =>
    owner === null ? [] : [owner.pid],
  );
  if (json) host.answer(JSON.stringify({ stopped: users.length === 0, users }));
  else if (users.length > 0) {
    host.log.warn(`casd is still used by process ${users.join(', ')}; the last one out stops it`);
  }
  return users.length === 0 ? 0 : 1;
}

/** `buildbox-ci casd status`: exits with 1 when no daemon runs, or none that is of use. */
export async function casdStatus(
  { inputs, json }: Invocation,
  { host, signal }: CommandContext,
): Promise<number> {
  const folder = await claimCache(readCache(inputs, host.machine), host.machine, signal);
  const state = readRunningState(folder);
  const usage = state && (await askUsage(state, signal));
  if (state === undefined || usage === undefined) {
    host.answer(describeUseless(folder, state, json));
    return 1;
  }
  const users = (await liveLeases(folder)).map(({ owner }) => owner?.pid ?? null);
  const status = {
    running: true,
    socket: `unix:${state.socket}`,
    pid: state.process.pid,
    buildbox: state.buildbox,
    cache: usage,
    users,
  };
  host.answer(json ? JSON.stringify(status) : describeStatus(status));
  return 0;
}

/** One that runs and is of no use: it does not answer, or nobody knows what it was started for. */
function describeUseless(folder: CacheFolder, state: CasdState | undefined, json: boolean): string {
  const pid = (state ?? servingCasds(folder.storage)[0])?.process.pid;
  if (json)
    return JSON.stringify(pid === undefined ? { running: false } : { running: true, pid, cache: null });
  if (pid === undefined) return `no casd runs on ${folder.root}`;
  const why = state === undefined ? 'is not written down there' : 'does not answer';
  return `the casd of ${folder.root}, process ${pid}, ${why}: the next build starts another, or \`casd stop\` ends it`;
}

interface Status {
  readonly socket: string;
  readonly pid: number;
  readonly buildbox: { readonly version: string; readonly source: string };
  readonly cache: CacheUsage;
  readonly users: readonly (number | null)[];
}

function describeStatus({ socket, pid, buildbox, cache, users }: Status): string {
  return [
    `socket   ${socket}`,
    `process  ${pid}, BuildBox ${buildbox.version} (${buildbox.source})`,
    `cache    ${describeUsage(cache)}`,
    `used by  ${users.map((user) => (user === null ? 'casd start' : `process ${user}`)).join(', ') || 'nobody'}`,
  ].join('\n');
}

/** How full the local cache is, in one line. */
function describeUsage({ size, quota }: CacheUsage): string {
  return `${formatBytes(size)} of ${formatBytes(quota)} (${formatShare(size, quota)})`;
}
