import { randomUUID } from 'node:crypto';
import { constants, copyFile, link, mkdir, open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { systemErrorCode } from '../../../errors.js';

/** Of the files that a writer has not given their names yet. */
export const TEMPORARY_PREFIX = '.tmp-';

/**
 * What an object may be called: no way out of the folder, no hidden file, no longer than a name may be, and nothing
 * that a backup or a sync of the folder makes of another's name (`….bak`, `….sync-conflict-…`).
 */
const OBJECT_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,254}$/;

export function isObjectName(name: string): boolean {
  return OBJECT_NAME.test(name);
}

/** What link(2) says where the file system, or the folder's server, has no hard links. */
const NO_LINKS: ReadonlySet<string> = new Set([
  'EPERM',
  'ENOSYS',
  'ENOTSUP',
  'EOPNOTSUPP',
  'EMLINK',
  'EXDEV',
]);
/** A name is taken by one of them, however many give it at once. */
const NEW_CLONE = constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL;

/**
 * Puts a copy of a file under a new name. It is whole when the name appears, except where there are no hard links: a
 * writer that is killed there leaves a part of it.
 *
 * @returns `taken` when the name is there already
 */
export async function storeInFolder(
  folder: string,
  name: string,
  file: string,
  signal: AbortSignal,
): Promise<'stored' | 'taken'> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const target = join(folder, name);
  if (await exists(target)) return 'taken';
  const temporary = join(folder, `${TEMPORARY_PREFIX}${randomUUID()}`);
  try {
    await copyFile(file, temporary, NEW_CLONE);
    await finish(temporary);
    signal.throwIfAborted();
    const outcome = await publish(temporary, target);
    await syncFolder(folder);
    return outcome;
  } finally {
    await rm(temporary, { force: true });
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return false;
    throw error;
  }
}

/** Whoever may enter the folder may read the object, and a machine that loses its power does not lose its content. */
async function finish(temporary: string): Promise<void> {
  const handle = await open(temporary, 'r+');
  try {
    // A share that knows no modes has no need of one.
    await handle.chmod(0o644).catch(() => undefined);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Gives the file its name with link(2): unlike rename(2), it fails when somebody was faster. */
async function publish(temporary: string, target: string): Promise<'stored' | 'taken'> {
  try {
    await link(temporary, target);
    return 'stored';
  } catch (error) {
    const code = systemErrorCode(error) ?? '';
    // NFS may repeat a call whose answer was lost, and then say that our own link is in the way (link(2), BUGS).
    if (code === 'EEXIST') return (await stat(temporary)).nlink === 2 ? 'stored' : 'taken';
    if (NO_LINKS.has(code)) return publishWithoutLinks(temporary, target);
    throw error;
  }
}

/** @internal Exported for its test: the file systems of a test machine have links. */
export async function publishWithoutLinks(temporary: string, target: string): Promise<'stored' | 'taken'> {
  let handle;
  try {
    handle = await open(target, 'wx', 0o644);
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') return 'taken';
    throw error;
  }
  try {
    await handle.close();
    await copyFile(temporary, target, constants.COPYFILE_FICLONE);
    await finish(target);
    return 'stored';
  } catch (error) {
    await rm(target, { force: true });
    throw error;
  }
}

/** So that the name outlives a loss of power as well. Some shares cannot sync a folder, and lose nothing by it. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r');
    await handle.sync().finally(() => handle.close());
  } catch {
    // The object is there all the same.
  }
}
