import type { Disk } from '../../local/disk.js';
import type { Digest } from '../../reapi/digest.js';
import { formatBytes } from '../../report/format-quantity.js';

/** Most disks give a file whole blocks of so many bytes, and a folder at least one. */
export const BLOCK = 4096;
/** Left free beside what comes, for whatever else is written there: a part of it, and no more than so many bytes. */
const RESERVED_SHARE = 0.1;
const MOST_RESERVED = 1e9;

/** What a disk is to take. */
export interface Load {
  readonly bytes: number;
  readonly nodes: number;
}

export function loadOf(files: readonly Digest[]): Load {
  return {
    bytes: files.reduce((sum, { sizeBytes }) => sum + Math.ceil(sizeBytes / BLOCK) * BLOCK, 0),
    nodes: files.length,
  };
}

/** What a disk lacks for a load, beginning with the load; undefined where it has room for it. */
export function lackOfRoom({ bytes, nodes }: Load, { mount, free, freeNodes }: Disk): string | undefined {
  if (bytes + Math.min(bytes * RESERVED_SHARE, MOST_RESERVED) > free) {
    return `${formatBytes(bytes)}, and the disk at ${mount} has ${formatBytes(free)} free`;
  }
  if (nodes > freeNodes) return `${nodes} files, and the disk at ${mount} has room for ${freeNodes}`;
  return undefined;
}
