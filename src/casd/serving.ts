import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { endProcess, identify, isRunning, type ProcessIdentity } from '../process/identity.js';
import { Fault } from '../errors.js';

/** A casd as the kernel's table of processes shows it. */
export interface ServingCasd {
  readonly process: ProcessIdentity;
  /** Absolute. */
  readonly socket: string;
}

/** What casd takes to end by itself, in milliseconds. */
const STOP_GRACE = 10_000;

/** What a casd may be started by: its own name, the loader of its Debian package, the script that calls the loader. */
const PROGRAM = 'buildbox-casd';
const STARTERS = /^(ld-.*|sh|dash|bash|busybox)$/;
const BIND = '--bind=unix:';

/**
 * Every casd that serves a storage folder, whoever started it and however it names the folder. A file can be lost, cut
 * or forged, and is written when its casd runs already; a process is known from the moment that there is one.
 *
 * @param storage absolute
 */
export function servingCasds(storage: string): readonly ServingCasd[] {
  const wanted = folderId(storage);
  if (wanted === undefined) return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => serving(pid, wanted) ?? []);
}

/** The casd of this pid, if it serves the storage folder. */
export function servingCasd(pid: number, storage: string): ServingCasd | undefined {
  const wanted = folderId(storage);
  return wanted === undefined ? undefined : serving(String(pid), wanted);
}

/**
 * Ends every casd that serves a storage folder. Call it only under the folder's lock.
 *
 * @returns those that were ended
 * @throws Fault when one does not end, as another user's does not for us
 */
export async function endServing(storage: string): Promise<readonly ServingCasd[]> {
  const ended = servingCasds(storage);
  for (const { process: casd } of ended) {
    await endProcess(casd, STOP_GRACE);
    if (!isRunning(casd)) continue;
    throw new Fault(`a casd that this user may not end serves ${storage}: process ${casd.pid}`, {
      remedy: 'End it, or set another `cache-dir`: two on one folder would damage it.',
    });
  }
  return ended;
}

function serving(pid: string, wanted: string): ServingCasd | undefined {
  const words = argumentsOf(pid);
  if (!isCasd(words)) return undefined;
  const folder = (path: string) => folderId(path, `/proc/${pid}/root`) ?? folderId(path);
  const directory = workingDirectory(pid);
  if (!words.some((word) => /^[^-]/.test(word) && folder(resolve(directory, word)) === wanted))
    return undefined;
  const identity = identify(Number(pid));
  const bind = words.find((word) => word.startsWith(BIND))?.slice(BIND.length) ?? '';
  return identity && { process: identity, socket: resolve(directory, bind) };
}

function isCasd([program = '', ...words]: readonly string[]): boolean {
  if (basename(program) === PROGRAM) return true;
  return STARTERS.test(basename(program)) && words.some((word) => basename(word) === PROGRAM);
}

function argumentsOf(pid: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replace(/\0$/, '').split('\0');
  } catch {
    return [];
  }
}

function workingDirectory(pid: string): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return '/';
  }
}

/** Tells folders apart whatever they are called. @param root of another mount namespace */
function folderId(path: string, root = ''): string | undefined {
  try {
    const { dev, ino } = statSync(root + path);
    return `${dev} ${ino}`;
  } catch {
    return undefined;
  }
}
