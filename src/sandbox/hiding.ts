import { lstat, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Hidden } from '../rootfs/toolchain/tree-walk.js';

/**
 * What bubblewrap is told after all mounts, so that the build finds an empty file or folder in place of what it must not
 * see. What is gone by now needs no cover, and could have none.
 */
export async function hidingOptions(
  workFolder: string,
  hidden: readonly Hidden[],
): Promise<readonly string[]> {
  const empty = { file: join(workFolder, 'nothing'), directory: join(workFolder, 'nothing.d') };
  await writeFile(empty.file, '', { mode: 0o444 });
  await mkdir(empty.directory, { mode: 0o555 });
  const there = await Promise.all(hidden.map(async (each) => ((await isThere(each.path)) ? [each] : [])));
  return there.flat().flatMap(({ path, kind }) => ['--ro-bind', empty[kind], path]);
}

function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
