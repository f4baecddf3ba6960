import { readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../process/command.js';
import type { CacheFolder } from './folder.js';
import { readState } from './state.js';

const UNMOUNT_DEADLINE = 10_000;

/** The mount points at or below a folder, deepest first, out of `/proc/PID/mountinfo` (proc(5)). */
export function mountsBelow(mountinfo: string, folder: string): readonly string[] {
  return mountinfo
    .split('\n')
    .map((line) => unescapeMount(line.split(' ')[4] ?? ''))
    .filter((mount) => mount === folder || mount.startsWith(`${folder}/`))
    .sort((a, b) => b.length - a.length);
}

function unescapeMount(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
}

/**
 * Removes what a casd that was killed leaves behind: FUSE mounts, staged trees, its socket. Call it only while no
 * casd runs on this folder.
 */
export async function removeLeftovers(
  folder: CacheFolder,
  searchPath: string,
  signal: AbortSignal,
): Promise<void> {
  const mountinfo = await readFile('/proc/self/mountinfo', 'utf8');
  for (const mount of mountsBelow(mountinfo, folder.storage)) await unmount(mount, searchPath, signal);
  const staging = join(folder.storage, 'cas', 'staging');
  for (const name of await readdir(staging).catch(() => [])) {
    await rm(join(staging, name), { recursive: true, force: true });
  }
  await rm(folder.work, { recursive: true, force: true });
  for (const name of await readdir(folder.run).catch(() => [])) {
    if (name.startsWith('token-')) await rm(join(folder.run, name), { recursive: true, force: true });
  }
  const { socketFolder = null, socket = null } = readState(folder) ?? {};
  if (socketFolder !== null) await rm(socketFolder, { recursive: true, force: true });
  if (socket !== null) await rm(socket, { force: true });
  await rm(folder.state, { force: true });
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
