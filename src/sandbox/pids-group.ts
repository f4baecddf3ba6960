import { type ControlGroup, hasCounted, makeControlGroup, setLimit } from './control-group.js';

/** A group in which the kernel starts no more than so many processes and threads. */
export interface PidsGroup extends ControlGroup {
  /** Whether the kernel has refused one there. */
  hasRefused(): boolean;
}

/**
 * Makes such a group.
 *
 * @param other a group that the same build is put in: with version 2 a process is in one group alone, which then has all limits
 * @returns undefined where this process may make none, or none that counts
 */
export async function makePidsGroup(most: number, other?: ControlGroup): Promise<PidsGroup | undefined> {
  const settle = (folder: string) => setLimit(folder, 'pids.max', most);
  const isIn = (group: ControlGroup): Promise<boolean> =>
    settle(group.folder).then(
      () => true,
      () => false,
    );
  const group = other !== undefined && (await isIn(other)) ? other : await makeControlGroup('pids', settle);
  return group && { ...group, hasRefused: () => hasCounted(group.folder, 'pids.events', 'max') };
}
