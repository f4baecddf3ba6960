import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join, normalize } from 'node:path';
import { yieldTurn } from '../async/yielding.js';
import { InputError } from '../errors.js';
import type { DigestCache } from '../digests/digest-cache.js';
import { entriesOf, locate, resolvePath, statusOf, targetOf, type HostTree } from './host-tree.js';
import { isWithin } from '../files/within.js';
import { OWN } from './mounts.js';
import { canBeMounted, isTaken, keptFolders, type Surroundings } from './toolchain/tool-roots.js';
import { recallWatched, rememberWatched, Watch } from './toolchain/watched.js';

/** More than this in one host path is no longer told apart from a mistake. */
const MAX_ENTRIES = 100_000;

/** So many entries are read before other work gets its turn. */
const TURN = 200;

/**
 * Checks a path of `host-paths` and returns it without `.`, `..` and a slash at the end.
 *
 * @throws InputError when it is relative, absent, no file or folder, or holds what a build must not see whole.
 */
export function checkHostPath(tree: HostTree, value: string, around: Surroundings): string {
  const refuse = (wanted: string): never => {
    throw new InputError('host-paths', value, wanted);
  };
  if (!value.startsWith('/')) refuse('Give an absolute path of the host.');
  const path = normalize(value).replace(/(.)\/$/, '$1');
  const real = resolvePath(tree, path)?.path;
  const status = real === undefined ? undefined : statusOf(tree, real);
  if (real === undefined || status === undefined)
    return refuse('Name a file or folder that exists on this machine.');
  if (!status.isDirectory() && !status.isFile()) refuse('Name a file or a folder.');
  for (const each of [path, real]) {
    if (!canBeMounted(each)) refuse('A path with a colon cannot be mounted; give it another name.');
    if (each === '/etc') refuse('It holds secrets of this machine; name what the build needs of it.');
    const inner = keptFolders(around).find((folder) => isWithin(folder, each));
    if (inner !== undefined) {
      refuse(`It is or holds ${inner}, which a build must not see whole; name a folder below.`);
    }
    const own = OWN.find((folder) => isWithin(folder, each));
    if (isTaken(each) || own !== undefined) {
      refuse(`The sandbox has its own ${own ?? each}, which this would hide or be hidden by.`);
    }
  }
  return path;
}

/**
 * The digest, as hex, of everything in a host path: names, executable bits, link targets and whole contents.
 *
 * @throws InputError when it holds too much or something unreadable; the signal's reason when it is aborted.
 */
export async function hostPathDigest(
  tree: HostTree,
  path: string,
  memory: DigestCache,
  signal: AbortSignal,
): Promise<string> {
  // A link that is switched leads to something else, of which the files that were watched tell nothing.
  const resolved = resolvePath(tree, path);
  const name = `host path ${JSON.stringify([path, resolved])}`;
  const known = recallWatched(memory, tree, name);
  if (known !== undefined) return known;
  const watch = new Watch(tree);
  const hash = createHash('sha256');
  const pending = [resolved?.path ?? path];
  for (const [count, entry] of pending.entries()) {
    signal.throwIfAborted();
    if (count === MAX_ENTRIES) {
      throw new InputError(
        'host-paths',
        path,
        `It holds more than ${MAX_ENTRIES} entries; name smaller folders.`,
      );
    }
    if (count % TURN === 0) await yieldTurn(signal);
    pending.push(...(await hashEntry(tree, entry, watch, hash)));
  }
  const value = hash.digest('hex');
  rememberWatched(memory, tree, name, watch, value);
  return value;
}

/** Hashes one entry. Returns the paths in it, when it is a folder. */
async function hashEntry(tree: HostTree, path: string, watch: Watch, hash: Hash): Promise<string[]> {
  const status = watch.status(path);
  if (status?.isSymbolicLink() === true) {
    hash.update(`${path} -> ${targetOf(tree, path) ?? ''}\n`);
    return [];
  }
  if (status?.isDirectory() === true) {
    const entries = entriesOf(tree, path);
    if (entries === undefined) throw unreadable(path);
    hash.update(`${path}/\n`);
    return entries.map((entry) => join(path, entry.name));
  }
  if (status?.isFile() !== true) {
    hash.update(`${path} other\n`);
    return [];
  }
  hash.update(`${path} ${status.size}${(status.mode & 0o111) === 0 ? '' : ' executable'}\n`);
  try {
    for await (const chunk of createReadStream(locate(tree, path))) hash.update(chunk as Buffer);
  } catch {
    throw unreadable(path);
  }
  return [];
}

function unreadable(path: string): InputError {
  return new InputError(
    'host-paths',
    path,
    'It cannot be read by this user, so it cannot be part of the action.',
  );
}
