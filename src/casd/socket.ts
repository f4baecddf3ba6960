import { randomBytes } from 'node:crypto';
import { lstat, mkdir, readFile, rm, rmdir, symlink, unlink, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { Fault } from '../errors.js';
import type { CacheFolder } from '../local/folder.js';

const NAME = 'casd.sock';
/** A link beside the socket, where the folder that it leads to has no name for PATH. */
const WORK = 'work';

/** The kernel's limit for a socket's path is 108 bytes with the final zero (unix(7)). */
const LONGEST_SOCKET_PATH = 107;

/**
 * What an address of gRPC (`unix:PATH`) has for itself: it is a URI, with `%`, `?` and `#`, and several are parted by
 * commas; what else is not of the usual may be special to a client.
 */
const PLAIN = /^[\w./@+=-]+$/;

/** A folder made for nothing but a socket. */
const ownFolder = () => `buildbox-${randomBytes(3).toString('hex')}`;
const IS_OWN_FOLDER = /^buildbox-[0-9a-f]{6}$/;

/** Where the socket is unless it cannot be there. */
export function usualSocket(folder: CacheFolder): string {
  return join(folder.run, NAME);
}

/** Whether a process listens at a socket, be it of another container. */
export function isListenedTo(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect(socket);
    connection.once('connect', () => {
      connection.destroy();
      resolve(true);
    });
    connection.once('error', () => resolve(false));
  });
}

function isAddressable(socket: string): boolean {
  return Buffer.byteLength(socket) <= LONGEST_SOCKET_PATH && PLAIN.test(socket);
}

/** The folder in which a build is worked on, by a name that PATH can hold, in which a colon parts one folder from the next. */
export function searchableWork(folder: CacheFolder, socket: string): string {
  return folder.work.includes(':') ? join(dirname(socket), WORK) : folder.work;
}

/**
 * Finds the socket a place: in the cache folder, or, where the kernel or gRPC does not take such a path, in a folder
 * of its own. That is noted before there is one, so that whoever cleans up after a kill finds it.
 */
export async function placeSocket(folder: CacheFolder, temporary: string): Promise<string> {
  const inFolder = usualSocket(folder);
  if (isAddressable(inFolder)) return inFolder;
  for (const parent of [temporary, '/tmp']) {
    const socket = join(parent, ownFolder(), NAME);
    if (!isAddressable(socket)) continue;
    await writeFile(noteOf(folder), socket);
    await mkdir(dirname(socket), { mode: 0o700 });
    if (folder.work.includes(':')) await symlink(folder.work, join(dirname(socket), WORK));
    return socket;
  }
  throw new Fault(`no folder has a path short enough for a socket: ${folder.run}`, {
    remedy: 'Set `cache-dir` to a folder with a shorter path.',
  });
}

/** Removes what the last `placeSocket` gave, and the folder that it made, whoever was killed since. Only while no casd runs. */
export async function removeNotedSocket(folder: CacheFolder): Promise<void> {
  const socket = await readFile(noteOf(folder), 'utf8').catch(() => undefined);
  await removeSocket(folder, socket ?? usualSocket(folder));
  await rm(noteOf(folder), { recursive: true, force: true }).catch(() => undefined);
}

function noteOf(folder: CacheFolder): string {
  return join(folder.run, 'socket-place');
}

/**
 * Removes the socket of a casd that has ended, and its folder where it has one. A path that is none of those that
 * `placeSocket` gives, or is no socket, is not ours: nothing is done.
 */
export async function removeSocket(folder: CacheFolder, socket: string): Promise<void> {
  const parent = dirname(socket);
  const isAlone = IS_OWN_FOLDER.test(basename(parent));
  if (basename(socket) !== NAME || (parent !== folder.run && !isAlone)) return;
  const status = await lstat(socket).catch(() => undefined);
  if (status?.isSocket() === true) await rm(socket, { force: true }).catch(() => undefined);
  if (!isAlone) return;
  await unlink(join(parent, WORK)).catch(() => undefined); // Of a folder it removes nothing.
  await rmdir(parent).catch(() => undefined); // It stays if anything else is in it.
}
