import { lstat, mkdir, realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canBeMounted } from './tool-roots.js';
import type { Hidden } from './tree-listing.js';

export interface HidingRequest {
  readonly hidden: readonly Hidden[];
  readonly identity: string;
  readonly workFolder: string;
}

/**
 * What buildbox-run is told, after all other mounts, so that the build finds an empty file or folder in place of what it
 * must not see. What is gone by now needs no cover, and could have none.
 */
export async function hidingArguments(request: HidingRequest): Promise<readonly string[]> {
  const there = await Promise.all(request.hidden.map(async (each) => ((await isThere(each)) ? [each] : [])));
  const covers = there.flat();
  if (covers.length === 0) return [];
  const folder = await realpath(request.workFolder);
  const empty = { file: join(folder, 'nothing'), directory: join(folder, 'nothing.d') };
  await writeFile(empty.file, '', { mode: 0o444 });
  await mkdir(empty.directory, { mode: 0o555 });
  const mounts = new Set(covers.map(({ path, kind }) => `${empty[kind]}:${path}`));
  return [...mounts].map((mount) => `--ro-bind-mount=${request.identity}:${mount}`);
}

function isThere({ path }: Hidden): Promise<boolean> {
  if (!canBeMounted(path)) return Promise.resolve(false);
  return lstat(path).then(
    () => true,
    () => false,
  );
}
