import { readFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { nearestReal } from '../files/nearest.js';
import { mountsIn } from './mounts.js';

/** The disk that a folder is on. */
export interface Disk {
  /** Where it is mounted. */
  readonly mount: string;
  /** Bytes that an ordinary user may still write to it. */
  readonly free: number;
  /** How many files and folders it still has room for; Infinity where it does not count them. */
  readonly freeNodes: number;
}

/** The disk of a folder, or of where it would be made. @param folder absolute */
export async function diskOf(folder: string): Promise<Disk> {
  const existing = nearestReal(folder).real;
  const { bavail, bsize, files, ffree } = await statfs(existing);
  return {
    mount: mountOf(readFileSync('/proc/self/mountinfo', 'utf8'), existing),
    free: bavail * bsize,
    freeNodes: files === 0 ? Infinity : ffree,
  };
}

/** The mount point of what holds a path, out of `/proc/PID/mountinfo` (proc(5)). @param path without symlinks */
export function mountOf(mountinfo: string, path: string): string {
  const holds = (mount: string) => mount === '/' || mount === path || path.startsWith(`${mount}/`);
  return mountsIn(mountinfo)
    .filter(holds)
    .reduce((longest, mount) => (mount.length >= longest.length ? mount : longest), '/');
}
