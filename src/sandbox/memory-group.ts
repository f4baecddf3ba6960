import { Fault } from '../errors.js';
import { type ControlGroup, hasCounted, makeControlGroup, setLimit } from './control-group.js';

/** A group that the kernel gives no more than so much memory, what is written to a tmpfs included. */
export interface MemoryGroup extends ControlGroup {
  /** Whether the kernel has ended a process there that needed more. */
  hasKilled(): boolean;
}

/**
 * Makes such a group; undefined where there is no limit. A limit of address space (`RLIMIT_AS`) would be none: it holds for
 * each process alone, and for what is asked for rather than what is used.
 *
 * @param most in bytes
 * @throws Fault where none can be made: a limit that does not hold would be none
 */
export async function makeMemoryGroup(most: number | undefined): Promise<MemoryGroup | undefined> {
  if (most === undefined) return undefined;
  const group = await makeControlGroup('memory', (folder) => settle(folder, most));
  if (group === undefined) {
    throw new Fault(
      '`memory` cannot be held to here: this job may make no control group that limits memory',
      {
        remedy:
          'Run the job as root where control groups are of version 1, or hand the memory controller down to its own group (version 2); ' +
          'or leave `memory` out and give the job a container that has a limit.',
      },
    );
  }
  const hasKilled = () =>
    ['memory.events', 'memory.oom_control'].some((file) => hasCounted(group.folder, file, 'oom_kill'));
  return { ...group, hasKilled };
}

/** Of both versions (cgroup-v2.rst and cgroup-v1/memory.rst of the kernel). Swap is memory too, where it is counted. */
async function settle(folder: string, most: number): Promise<void> {
  await setLimit(folder, 'memory.max', most).catch(() => setLimit(folder, 'memory.limit_in_bytes', most));
  await Promise.allSettled([
    setLimit(folder, 'memory.swap.max', 0),
    setLimit(folder, 'memory.memsw.limit_in_bytes', most),
    setLimit(folder, 'memory.oom.group', 1),
  ]);
}
