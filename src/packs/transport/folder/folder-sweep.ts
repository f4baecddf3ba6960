import { randomUUID } from 'node:crypto';
import { open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { systemErrorCode } from '../../../errors.js';
import { isObjectName, TEMPORARY_PREFIX } from './folder-store.js';

const HOUR = 3_600_000;
/** Younger objects stay: their writer may be about to name them in an index. */
const OBJECT_AGE = HOUR;
/** Older temporary files belong to writers that were killed. */
const TEMPORARY_AGE = 24 * HOUR;

/** Removes the objects of a prefix but those that are kept or young, and what killed writers left. */
export async function sweepFolder(
  folder: string,
  prefix: string,
  keep: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<{ readonly objects: number; readonly bytes: number }> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (systemErrorCode(error) === 'ENOENT') return [];
    throw error;
  });
  if (names.length === 0) return { objects: 0, bytes: 0 };
  const now = await clockOf(folder);
  const swept = { objects: 0, bytes: 0 };
  for (const name of names) {
    signal.throwIfAborted();
    const temporary = name.startsWith(TEMPORARY_PREFIX);
    if (!temporary && !(isObjectName(name) && name.startsWith(prefix) && !keep.has(name))) continue;
    const bytes = await removeOlder(join(folder, name), now - (temporary ? TEMPORARY_AGE : OBJECT_AGE));
    if (bytes === undefined || temporary) continue;
    swept.objects += 1;
    swept.bytes += bytes;
  }
  return swept;
}

/** Files are dated by the machine that keeps them, whose clock need not be ours: ask it what time it is there. */
async function clockOf(folder: string): Promise<number> {
  const file = join(folder, `${TEMPORARY_PREFIX}${randomUUID()}`);
  const handle = await open(file, 'wx');
  try {
    return (await handle.stat()).mtimeMs;
  } finally {
    await handle.close();
    await rm(file, { force: true });
  }
}

/** Returns the bytes of what was removed. */
async function removeOlder(path: string, before: number): Promise<number | undefined> {
  try {
    const found = await stat(path);
    if (!found.isFile() || found.mtimeMs >= before) return undefined;
    await rm(path);
    return found.size;
  } catch (error) {
    // Another job sweeps too.
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
