import { readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rmdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAbandoned, isScratchName, scratchName } from '../process/scratch-name.js';

/** A control group of ours (cgroups(7)), in which the kernel starts no more than so many processes and threads. */
export interface PidsGroup extends AsyncDisposable {
  readonly folder: string;
  /** Whether the kernel has refused one there. */
  hasRefused(): boolean;
}

export interface PidsHierarchy {
  readonly mount: string;
  /** Absolute, below the mount. */
  readonly path: string;
}

/** A group whose processes have just ended is busy for a moment. */
const PATIENCE = 1000;
const POLL = 20;

/** Where the kernel counts a process, out of its `/proc/PID/cgroup`. */
export function pidsGroups(text: string): readonly PidsHierarchy[] {
  return text.split('\n').flatMap((line) => {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (path === undefined) return [];
    if (controllers === '') return [{ mount: '/sys/fs/cgroup', path }];
    return controllers?.split(',').includes('pids') === true ? [{ mount: '/sys/fs/cgroup/pids', path }] : [];
  });
}

/**
 * Makes a group below the one that this process is in, so that all which holds for that one goes on to hold.
 *
 * @returns undefined where this process may make none, or none that counts
 */
export async function makePidsGroup(most: number): Promise<PidsGroup | undefined> {
  const text = await readFile('/proc/self/cgroup', 'utf8').catch(() => '');
  for (const { mount, path } of pidsGroups(text)) {
    const parent = join(mount, path);
    await sweep(parent);
    const folder = join(parent, scratchName());
    if (await makeGroup(folder, most)) return groupIn(folder);
  }
  return undefined;
}

async function makeGroup(folder: string, most: number): Promise<boolean> {
  try {
    await mkdir(folder);
  } catch {
    return false;
  }
  try {
    // Where it is no control group, or one that does not count, there is no such file, and none is to be made.
    await writeFile(join(folder, 'pids.max'), String(most), { flag: 'r+' });
    return true;
  } catch {
    await remove(folder);
    return false;
  }
}

function groupIn(folder: string): PidsGroup {
  return {
    folder,
    hasRefused() {
      try {
        return /^max [1-9]/m.test(readFileSync(join(folder, 'pids.events'), 'latin1'));
      } catch {
        return false;
      }
    },
    [Symbol.asyncDispose]: () => remove(folder),
  };
}

/** What could not be removed, the next build does. */
async function remove(folder: string): Promise<void> {
  const end = Date.now() + PATIENCE;
  for (;;) {
    try {
      await rmdir(folder);
      return;
    } catch {
      if (Date.now() > end) return;
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
