import { randomBytes } from 'node:crypto';
import { lstat, mkdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { Fault } from '../errors.js';
import type { CacheFolder } from './folder.js';

const NAME = 'casd.sock';

/** The kernel's limit for a socket's path is 108 bytes with the final zero (unix(7)). */
const LONGEST_SOCKET_PATH = 107;

/** A folder made for nothing but a socket. */
const ownFolder = () => `buildbox-${randomBytes(3).toString('hex')}`;
const IS_OWN_FOLDER = /^buildbox-[0-9a-f]{6}$/;

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
 * of its own. That is noted before there is one, so that whoever cleans up after a kill finds it.
 */
export async function placeSocket(folder: CacheFolder, temporary: string): Promise<string> {
  const inFolder = usualSocket(folder);
  if (Buffer.byteLength(inFolder) <= LONGEST_SOCKET_PATH) return inFolder;
  for (const parent of [temporary, '/tmp']) {
    const socket = join(parent, ownFolder(), NAME);
    if (Buffer.byteLength(socket) > LONGEST_SOCKET_PATH) continue;
    await writeFile(noteOf(folder), socket);
    await mkdir(dirname(socket), { mode: 0o700 });
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
  if (isAlone) await rmdir(parent).catch(() => undefined); // It stays if anything else is in it.
}
