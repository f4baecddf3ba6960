import { readFile, readdir, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../process/command.js';
import { removeTree } from '../files/remove-tree.js';
import { isAbandoned, isScratchName } from '../process/scratch-name.js';
import type { CacheFolder } from '../local/folder.js';
import { endFuseServers } from './fuse-servers.js';
import { mountsIn } from '../local/mounts.js';
import { removeNotedSocket } from './socket.js';

const UNMOUNT_DEADLINE = 10_000;

/** Where casd keeps what it works on, below its storage. It neither counts nor cleans what an earlier one left there. */
const UNFINISHED = ['cas/staging', 'cas/tmp', 'actioncache/tmp', 'assets/tmp'];

/** What somebody who was killed had not finished in the folder of the daemon, or not taken away. */
const HALF_WRITTEN = /^(token-|lease\.|casd\.json\.|disk_usage\.)/;

/** The mount points at or below a folder, deepest first, out of `/proc/PID/mountinfo` (proc(5)). */
export function mountsBelow(mountinfo: string, folder: string): readonly string[] {
  return mountsIn(mountinfo)
    .filter((mount) => mount === folder || mount.startsWith(`${folder}/`))
    .sort((a, b) => b.length - a.length);
}

/**
 * Removes what a casd that was killed leaves behind: FUSE mounts and their servers, staged trees, half-written blobs, its socket. Call it
 * only while no casd runs on this folder.
 */
export async function removeLeftovers(
  folder: CacheFolder,
  searchPath: string,
  signal: AbortSignal,
): Promise<void> {
  const mountinfo = await readFile('/proc/self/mountinfo', 'utf8');
  const storage = await realpath(folder.storage).catch(() => folder.storage); // The kernel names mounts so.
  const mounts = mountsBelow(mountinfo, storage);
  for (const mount of mounts) await unmount(mount, searchPath, signal);
  await endFuseServers(mounts);
  for (const unfinished of UNFINISHED) {
    const inside = join(folder.storage, unfinished);
    for (const name of await readdir(inside).catch(() => [])) {
      // Nothing of it is ever used, so what cannot be removed is in nobody's way.
      await removeTree(join(inside, name)).catch(() => undefined);
    }
  }
  for (const name of await readdir(folder.work).catch(() => [])) {
    if (isScratchName(name) && !isAbandoned(name, Infinity)) continue; // A hit works there without a casd.
    await removeTree(join(folder.work, name)).catch(() => undefined);
  }
  for (const name of await readdir(folder.run).catch(() => [])) {
    if (HALF_WRITTEN.test(name))
      await rm(join(folder.run, name), { recursive: true, force: true }).catch(() => undefined);
  }
  await removeNotedSocket(folder);
  await rm(folder.state, { recursive: true, force: true }).catch(() => undefined);
}

/** Detaches a mount at once, even if its server is gone; an ordinary user may do so only by fusermount3. */
async function unmount(mount: string, searchPath: string, signal: AbortSignal): Promise<void> {
  const attempts = [
    ['umount', '-l', mount],
    ['fusermount3', '-u', '-z', mount],
  ];
  for (const argv of attempts) {
    const result = await runCommand(argv, {
      signal,
      deadline: UNMOUNT_DEADLINE,
      environment: { PATH: searchPath },
    }).catch(() => undefined);
    if (result?.exitCode === 0) return;
  }
}
