import { lstat } from 'node:fs/promises';
import { systemErrorCode } from '../errors.js';

export type Kind = 'file' | 'directory' | 'symlink';

/** What stands at a path; null where nothing does. What is none of these counts as a file. */
export async function kindAt(path: string): Promise<Kind | null> {
  try {
    const status = await lstat(path);
    return status.isDirectory() ? 'directory' : status.isSymbolicLink() ? 'symlink' : 'file';
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return null;
    throw error;
  }
}
