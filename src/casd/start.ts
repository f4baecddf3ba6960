import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, open, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Fault } from '../errors.js';
import { endProcess, identify } from '../process/identity.js';
import type { Allotment } from './allotment.js';
import type { CacheFolder } from './folder.js';
import { removeLeftovers } from './leftovers.js';
import { casdLogTail } from './log-tail.js';
import { type CasdState, writeState } from './state.js';

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
const STOP_GRACE = 10_000;
const POLL_MILLISECONDS = 4;

/** The kernel's limit for a socket's path is 108 bytes with the final zero (unix(7)). */
const LONGEST_SOCKET_PATH = 107;

/**
 * Starts a local-only casd that outlives this process, and waits until it answers. Call it only under the folder's
 * lock, while no casd runs there.
 *
 * @throws Fault with the end of casd's log when it does not start.
 */
export async function startCasd(settings: CasdSettings, signal: AbortSignal): Promise<CasdState> {
  const { folder } = settings;
  await mkdir(folder.storage, { recursive: true, mode: 0o700 });
  await removeLeftovers(folder, settings.searchPath, signal);
  const { socket, socketFolder } = await placeSocket(folder, settings.temporary);
  const child = await spawnCasd(settings, socket);
  try {
    await ready(child, socket, folder, signal);
    const identity = identify(child.pid ?? 0);
    if (identity === undefined) throw startFault('casd ended at once', folder);
    const state: CasdState = {
      version: 1,
      process: identity,
      socket,
      socketFolder,
      buildbox: { version: settings.buildbox.version, source: settings.buildbox.source },
      quota: settings.quota,
    };
    await writeState(folder, state);
    child.unref();
    return state;
  } catch (error) {
    child.kill('SIGKILL');
    if (socketFolder !== null) await rm(socketFolder, { recursive: true, force: true });
    throw error;
  }
}

/** Stops a casd by SIGTERM, so that it writes down its disk usage, and removes its socket and state. */
export async function stopCasd(folder: CacheFolder, state: CasdState): Promise<void> {
  await endProcess(state.process, STOP_GRACE);
  await rm(state.socketFolder ?? state.socket, { recursive: true, force: true });
  await rm(folder.state, { force: true });
}

async function placeSocket(folder: CacheFolder, temporary: string) {
  const inFolder = join(folder.run, 'casd.sock');
  if (Buffer.byteLength(inFolder) <= LONGEST_SOCKET_PATH) return { socket: inFolder, socketFolder: null };
  for (const parent of [temporary, '/tmp']) {
    const template = join(parent, 'buildbox-');
    if (Buffer.byteLength(`${template}XXXXXX/casd.sock`) > LONGEST_SOCKET_PATH) continue;
    const socketFolder = await mkdtemp(template);
    return { socket: join(socketFolder, 'casd.sock'), socketFolder };
  }
  throw new Fault(`no folder has a path short enough for a socket: ${folder.run}`, {
    remedy: 'Set `cache-dir` to a folder with a shorter path.',
  });
}

async function spawnCasd(settings: CasdSettings, socket: string): Promise<ChildProcess> {
  const { folder } = settings;
  await chmod(folder.run, 0o700);
  const log = await open(folder.log, 'w', 0o600);
  try {
    return spawn(
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
  } finally {
    await log.close();
  }
}

/** An allow-list: the daemon gets no token, no `GITHUB_*` file and no variable of the job but its tracking mark. */
function daemonEnvironment(settings: CasdSettings): Record<string, string> {
  const path = settings.fuse === undefined ? [] : [dirname(settings.fuse)];
  return {
    PATH: [...path, settings.searchPath].join(':'),
    ...(settings.trackingId === undefined ? {} : { RUNNER_TRACKING_ID: settings.trackingId }),
  };
}

async function ready(child: ChildProcess, socket: string, folder: CacheFolder, signal: AbortSignal) {
  let ended: string | undefined;
  child.once('error', (error) => (ended = `could not be started: ${error.message}`));
  child.once('exit', (code, by) => (ended = `ended with ${by ?? `exit code ${code ?? '?'}`} while starting`));
  const end = Date.now() + READY_DEADLINE;
  while (!(await answers(socket))) {
    signal.throwIfAborted();
    if (ended !== undefined) throw startFault(`buildbox-casd ${ended}`, folder);
    if (Date.now() > end) {
      throw startFault(`buildbox-casd did not answer within ${READY_DEADLINE / 1000} s`, folder);
    }
    await sleep(POLL_MILLISECONDS);
  }
}

/** Whether somebody listens at a socket. */
export function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect(socket);
    connection.once('connect', () => {
      connection.destroy();
      resolve(true);
    });
    connection.once('error', () => resolve(false));
  });
}

function startFault(message: string, folder: CacheFolder): Fault {
  return new Fault(message, {
    log: casdLogTail(folder),
    remedy: `The cache folder is ${folder.root}; if it is damaged, remove it or set another \`cache-dir\`.`,
  });
}
