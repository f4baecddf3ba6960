import { type CacheFolder, cacheFolder, partsOf } from '../local/folder.js';
import type { CacheConfig } from '../config/config.js';
import { isLink } from '../config/own-folder.js';
import { InputError } from '../errors.js';
import { refuseTracked } from '../inputs/tracked-folder.js';
import type { Machine } from '../machine.js';
import { isOfCheckout } from '../process/checkouts.js';

/**
 * The cache folder, once it is sure that nothing in it was proposed with the code: before any state in it is believed,
 * any program run, any entry looked up. Outside of the checkout that takes no time.
 *
 * @throws InputError when git tracks something in it, or a part of it is a symlink; Fault when git cannot be asked
 */
export async function claimCache(
  { directory, packs }: CacheConfig,
  machine: Machine,
  signal: AbortSignal,
): Promise<CacheFolder> {
  const folder = cacheFolder(directory);
  const git = { machine, signal };
  await refuseTracked(git, { input: 'cache-dir', path: directory });
  if (packs.kind === 'folder') await refuseTracked(git, { input: 'cache', path: packs.path });
  if (isOfCheckout(machine, directory)) refuseLinks(folder);
  return folder;
}

/** A folder that was carried here may hold links to anywhere, and what we write and remove would follow them. */
function refuseLinks(folder: CacheFolder): void {
  const link = partsOf(folder).find(isLink);
  if (link === undefined) return;
  throw new InputError('cache-dir', folder.root, `${link} is a symlink, which we never make. Remove it.`);
}
