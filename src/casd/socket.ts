import { lstat, mkdtemp, rm, rmdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { Fault } from '../errors.js';
import type { CacheFolder } from './folder.js';

const NAME = 'casd.sock';

/** The kernel's limit for a socket's path is 108 bytes with the final zero (unix(7)). */
const LONGEST_SOCKET_PATH = 107;

/** A folder made for nothing but a socket, as mkdtemp(3) names it. */
const OWN_FOLDER = 'buildbox-';
const IS_OWN_FOLDER = /^buildbox-[A-Za-z0-9]{6}$/;

/** Where the socket is unless that path is too long. */
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

/**
 * Finds the socket a place: in the cache folder, or, where the kernel does not take a path of that length, in a folder
 * of its own.
 */
export async function placeSocket(folder: CacheFolder, temporary: string): Promise<string> {
  const inFolder = usualSocket(folder);
  if (Buffer.byteLength(inFolder) <= LONGEST_SOCKET_PATH) return inFolder;
  for (const parent of [temporary, '/tmp']) {
    const template = join(parent, OWN_FOLDER);
    if (Buffer.byteLength(`${template}XXXXXX/${NAME}`) > LONGEST_SOCKET_PATH) continue;
    return join(await mkdtemp(template), NAME);
  }
  throw new Fault(`no folder has a path short enough for a socket: ${folder.run}`, {
    remedy: 'Set `cache-dir` to a folder with a shorter path.',
  });
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
  if (isAlone) await rmdir(parent).catch(() => undefined); // It stays if anything else is in it.
}
