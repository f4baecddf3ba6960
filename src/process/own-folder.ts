import { lstat, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { removeTree } from '../files/remove-tree.js';
import { isAbandoned, isScratchName, scratchName } from './scratch-name.js';

/**
 * Makes a folder that is named after this process, and removes those of this user whose processes were killed.
 *
 * @param parent is made where it is not there
 */
export async function makeOwnFolder(parent: string): Promise<string> {
  await mkdir(parent, { recursive: true });
  await sweepOwnFolders(parent);
  const folder = join(parent, scratchName());
  await mkdir(folder, { mode: 0o700 });
  return folder;
}

async function sweepOwnFolders(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    if (!isScratchName(name)) continue;
    const folder = join(parent, name);
    const status = await lstat(folder).catch(() => undefined);
    if (status?.isDirectory() !== true || status.uid !== process.getuid?.()) continue;
    if (!isAbandoned(name, Date.now() - status.mtimeMs)) continue;
    await removeTree(folder).catch(() => undefined);
  }
}
