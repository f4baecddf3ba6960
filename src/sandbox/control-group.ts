import { readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rmdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemErrorCode } from '../errors.js';
import { isAbandoned, isScratchName, scratchName } from '../process/scratch-name.js';

/** A control group of ours (cgroups(7)), to hold a build to a limit. */
export interface ControlGroup extends AsyncDisposable {
  readonly folder: string;
}

export type Controller = 'memory' | 'pids';

export interface Hierarchy {
  readonly mount: string;
  /** Absolute, below the mount. */
  readonly path: string;
}

/** A group whose processes have just ended is busy for a moment. */
const PATIENCE = 1000;
const POLL = 20;

/** Where the kernel holds a process to limits of a controller, out of its `/proc/PID/cgroup`. */
export function groupsOf(text: string, controller: Controller): readonly Hierarchy[] {
  return text.split('\n').flatMap((line) => {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (path === undefined) return [];
    if (controllers === '') return [{ mount: '/sys/fs/cgroup', path }];
    const isIts = controllers?.split(',').includes(controller) === true;
    return isIts ? [{ mount: join('/sys/fs/cgroup', controller), path }] : [];
  });
}

/**
 * Makes a group below the one that this process is in, so that all which holds for that one goes on to hold.
 *
 * @param settle sets its limits; throws where it is no group that has such
 * @returns undefined where this process may make none, or none with such limits
 */
export async function makeControlGroup(
  controller: Controller,
  settle: (folder: string) => Promise<void>,
): Promise<ControlGroup | undefined> {
  const text = await readFile('/proc/self/cgroup', 'utf8').catch(() => '');
  for (const { mount, path } of groupsOf(text, controller)) {
    const parent = join(mount, path);
    await sweep(parent);
    const folder = join(parent, scratchName());
    if (await makeGroup(folder, settle)) return { folder, [Symbol.asyncDispose]: () => remove(folder) };
  }
  return undefined;
}

/** Where it is no control group, or one without this limit, there is no such file, and none is to be made. */
export function setLimit(folder: string, file: string, value: number): Promise<void> {
  return writeFile(join(folder, file), String(value), { flag: 'r+' });
}

/** Whether a file of a group counts something more than 0 times. */
export function hasCounted(folder: string, file: string, what: string): boolean {
  try {
    return new RegExp(`^${what} [1-9]`, 'm').test(readFileSync(join(folder, file), 'latin1'));
  } catch {
    return false;
  }
}

async function makeGroup(folder: string, settle: (folder: string) => Promise<void>): Promise<boolean> {
  try {
    await mkdir(folder);
  } catch {
    return false;
  }
  try {
    await settle(folder);
    return true;
  } catch {
    await remove(folder);
    return false;
  }
}

/** What could not be removed, the next build does. */
async function remove(folder: string): Promise<void> {
  const end = Date.now() + PATIENCE;
  for (;;) {
    try {
      await rmdir(folder);
      return;
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT' || Date.now() > end) return;
      await sleep(POLL);
    }
  }
}

/** Removes the groups of runs that were killed. */
async function sweep(parent: string): Promise<void> {
  for (const name of await readdir(parent).catch(() => [])) {
    if (!isScratchName(name)) continue;
    const folder = join(parent, name);
    const made = await stat(folder).catch(() => undefined);
    if (made === undefined || !isAbandoned(name, Date.now() - made.mtimeMs)) continue;
    await rmdir(folder).catch(() => undefined); // A build that outlives its run is still in there.
  }
}
