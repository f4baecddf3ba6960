import { type Allotment, allotSpace, RESERVED } from '../../casd/allotment.js';
import { type Disk, diskOf } from '../../local/disk.js';
import type { CacheFolder } from '../../local/folder.js';
import { type OwnBytes, readOwnBytes, sumOf } from '../../local/own-bytes.js';
import { readHeldBytes } from '../../casd/stored-usage.js';
import type { Log } from '../../machine.js';
import { crowdedFolder, smallDisk } from '../../report/upkeep/space-words.js';

/** What of `cache-quota` casd may use, and why. */
export interface FolderAllotment extends Allotment {
  readonly own: OwnBytes;
  readonly disk: Disk;
  /** Bytes of casd's blobs; 0 where the disk has room for all of the quota anyway. */
  readonly held: number;
}

/** Reads only; the folder need not be there. */
export async function readAllotment(
  folder: CacheFolder,
  quota: number,
  signal: AbortSignal,
): Promise<FolderAllotment> {
  const own = readOwnBytes(folder);
  const disk = await diskOf(folder.root);
  const held = disk.free >= quota + RESERVED ? 0 : await readHeldBytes(folder, signal);
  return { ...allotSpace({ quota, own: sumOf(own), held, free: disk.free }), own, disk, held };
}

/** As `readAllotment`, with a warning where the disk or what else is in the folder leaves too little. */
export async function allotFolder(
  folder: CacheFolder,
  quota: number,
  log: Log,
  signal: AbortSignal,
): Promise<Allotment> {
  const allotment = await readAllotment(folder, quota, signal);
  const { own, disk, held, quota: allotted } = allotment;
  if (allotment.smallDisk) log.warn(smallDisk({ ...disk, held, quota, allotted }));
  if (allotment.crowded) log.warn(crowdedFolder({ folder: folder.root, own: sumOf(own), quota }));
  return allotment;
}
