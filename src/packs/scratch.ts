import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { identify, isRunning } from '../process/identity.js';

/** A folder for what is being fetched or sent; it goes with its owner. */
export interface Scratch extends AsyncDisposable {
  readonly path: string;
}

/** Makes a folder of its own below `parent`, and removes those whose owners were killed. */
export async function openScratch(parent: string): Promise<Scratch> {
  await removeOrphans(parent);
  const owner = identify(process.pid);
  const name = [process.pid, owner?.startTime ?? '', owner?.boot ?? '', randomUUID()].join('_');
  const path = join(parent, name);
  await mkdir(path, { recursive: true, mode: 0o700 });
  return { path, [Symbol.asyncDispose]: () => removeIfPossible(path) };
}

async function removeOrphans(parent: string): Promise<void> {
  for (const name of await readdir(parent).catch(() => [])) {
    const [pid, startTime = '', boot = ''] = name.split('_');
    if (isRunning({ pid: Number(pid), startTime, boot })) continue;
    await removeIfPossible(join(parent, name));
  }
}

/** A copy that was given up may still be written there, and another user's folder stays: it is no reason to fail. */
async function removeIfPossible(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
}
