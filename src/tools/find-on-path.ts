import { access, constants, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';

/**
 * The absolute path of the first executable file of that name on PATH, as a shell would find it. Relative folders on
 * PATH are passed over: what they name changes with the working directory.
 */
export async function findOnPath(name: string, path: readonly string[]): Promise<string | undefined> {
  for (const folder of path) {
    if (!isAbsolute(folder)) continue;
    const file = join(folder, name);
    if (await isExecutable(file)) return file;
  }
  return undefined;
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}
