import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdir, open, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Fault } from '../errors.js';
import { identify } from '../process/identity.js';
import type { Allotment } from './allotment.js';
import { dropUnsoundCount, noteCount } from '../local/counted.js';
import type { CacheFolder } from '../local/folder.js';
import { removeLeftovers } from './leftovers.js';
import { casdLogTail } from './log-tail.js';
import { endServing } from './serving.js';
import { isListenedTo, placeSocket, removeNotedSocket, removeSocket, usualSocket } from './socket.js';
import { spreadFolders } from './spread-folders.js';
import { type CasdRecord, type CasdState, writeRecord } from './state.js';

/** What a daemon is started with. */
export interface CasdSettings {
  readonly folder: CacheFolder;
  readonly casd: string;
  /** Where buildbox-fuse is; casd looks for it on its PATH. */
  readonly fuse: string | undefined;
  readonly buildbox: { readonly version: string; readonly source: string };
  /** Bytes that the user allows the cache folder to hold. */
  readonly quota: number;
  /** What of it casd may use. */
  readonly allotment: Pick<Allotment, 'quota' | 'reserved'>;
  /** The PATH of the machine, for fusermount3. */
  readonly searchPath: string;
  /** A folder with a short path, should the cache folder's be too long for a socket. */
  readonly temporary: string;
  /** The runner's mark on what belongs to a job: what carries it is ended with the job. */
  readonly trackingId: string | undefined;
}

const READY_DEADLINE = 20_000;
const KILL_DEADLINE = 5000;
const POLL_MILLISECONDS = 4;

/**
 * Starts a local-only casd that outlives this process, and waits until it answers. It is written down as soon as there
 * is a process. Call it only under the folder's lock, while no casd runs there.
 *
 * @throws Fault with the end of casd's log when it does not start.
 */
export async function startCasd(settings: CasdSettings, signal: AbortSignal): Promise<CasdState> {
  const { folder } = settings;
  await mkdir(folder.storage, { recursive: true, mode: 0o700 });
  await removeLeftovers(folder, settings.searchPath, signal);
  const staging = join(folder.storage, 'cas', 'staging');
  for (const path of [folder.work, staging]) await mkdir(path, { recursive: true });
  await spreadFolders([folder.work, staging], settings.searchPath, signal);
  dropUnsoundCount(folder);
  const socket = await placeSocket(folder, settings.temporary);
  let daemon: SpawnedCasd | undefined;
  try {
    daemon = await spawnCasd(settings, socket);
    const record = recordOf(daemon.child, settings);
    if (record !== undefined) await writeRecord(folder, record);
    await ready(daemon, socket, folder, signal);
    if (record === undefined) throw startFault('casd ended at once', folder);
    daemon.child.unref();
    return { ...record, socket };
  } catch (error) {
    await daemon?.kill();
    await removeNotedSocket(folder);
    await rm(folder.state, { recursive: true, force: true }).catch(() => undefined);
    throw error;
  }
}

/** Undefined where it could not be started, or ended at once. */
function recordOf({ pid }: ChildProcess, settings: CasdSettings): CasdRecord | undefined {
  const identity = pid === undefined ? undefined : identify(pid);
  if (identity === undefined) return undefined;
  const { version, source } = settings.buildbox;
  return {
    version: 1,
    process: identity,
    buildbox: { version, source },
    quota: settings.quota,
  };
}

/**
 * Stops whatever casd serves the folder by SIGTERM, so that it writes down its disk usage, and removes socket and state.
 *
 * @throws Fault when there is one that this process cannot end
 */
export async function stopCasd(folder: CacheFolder): Promise<void> {
  const ended = await endServing(folder.storage);
  if (ended.length === 1) noteCount(folder); // Of two on one storage, neither knows what the other did.
  for (const { socket } of ended) await removeSocket(folder, socket);
  if (await isListenedTo(usualSocket(folder))) {
    throw new Fault(
      `a casd of another container serves ${folder.root}: no process of this one listens there`,
      {
        remedy:
          'End it there, or give each container a `cache-dir` of its own: two on one folder would damage it.',
      },
    );
  }
  await rm(folder.state, { recursive: true, force: true }).catch(() => undefined);
}

interface SpawnedCasd {
  readonly child: ChildProcess;
  /** Why there is no process, or none any more. */
  readonly ended: () => string | undefined;
  /** Waits until it is gone. */
  readonly kill: () => Promise<void>;
}

async function spawnCasd(settings: CasdSettings, socket: string): Promise<SpawnedCasd> {
  const { folder } = settings;
  await chmod(folder.run, 0o700);
  await rm(folder.log, { recursive: true, force: true });
  const log = await open(folder.log, 'w', 0o600);
  try {
    const child = spawn(
      settings.casd,
      [
        `--bind=unix:${socket}`,
        `--quota-high=${settings.allotment.quota}`,
        `--reserved=${settings.allotment.reserved}`,
        '--cache-failures=false',
        '--log-level=warning',
        folder.storage,
      ],
      { cwd: '/', env: daemonEnvironment(settings), detached: true, stdio: ['ignore', log.fd, log.fd] },
    );
    // At once: an error that nobody has listened for by the next tick ends this process.
    let ended: string | undefined;
    child.once('error', (error) => (ended = `could not be started: ${error.message}`));
    child.once(
      'exit',
      (code, by) => (ended = `ended with ${by ?? `exit code ${code ?? '?'}`} while starting`),
    );
    const kill = async () => {
      child.kill('SIGKILL');
      const end = Date.now() + KILL_DEADLINE;
      while (ended === undefined && Date.now() < end) await sleep(POLL_MILLISECONDS);
    };
    return { child, ended: () => ended, kill };
  } finally {
    await log.close();
  }
}

/** An allow-list: the daemon gets no token, no `GITHUB_*` file and no variable of the job but its tracking mark. */
function daemonEnvironment(settings: CasdSettings): Record<string, string> {
  const path = settings.fuse === undefined ? [] : [dirname(settings.fuse)];
  return {
    PATH: [...path, settings.searchPath].join(':'),
    // What it writes for each mount would stay in /tmp for good after a kill.
    TMPDIR: settings.folder.work,
    ...(settings.trackingId === undefined ? {} : { RUNNER_TRACKING_ID: settings.trackingId }),
  };
}

async function ready({ ended }: SpawnedCasd, socket: string, folder: CacheFolder, signal: AbortSignal) {
  const end = Date.now() + READY_DEADLINE;
  while (!(await isListenedTo(socket))) {
    signal.throwIfAborted();
    const why = ended();
    if (why !== undefined) throw startFault(`buildbox-casd ${why}`, folder);
    if (Date.now() > end) {
      throw startFault(`buildbox-casd did not answer within ${READY_DEADLINE / 1000} s`, folder);
    }
    await sleep(POLL_MILLISECONDS);
  }
}

function startFault(message: string, folder: CacheFolder): Fault {
  return new Fault(message, {
    log: casdLogTail(folder),
    remedy: `The cache folder is ${folder.root}; if it is damaged, remove it or set another \`cache-dir\`.`,
  });
}
