import { realpathSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { systemErrorCode } from '../errors.js';

/** The path itself, or the nearest above it that is there; what may not be looked at counts as a folder. */
export function nearestExisting(path: string): { readonly path: string; readonly isFolder: boolean } {
  try {
    return { path, isFolder: statSync(path).isDirectory() };
  } catch (error) {
    // Only what is not there is looked for further up; `/` is there.
    if (systemErrorCode(error) === 'ENOENT' && dirname(path) !== path) return nearestExisting(dirname(path));
    return { path, isFolder: systemErrorCode(error) !== 'ENOTDIR' };
  }
}

/** The real path of what may not exist yet. */
export function realPathOf(path: string): string {
  const { real, below } = nearestReal(path);
  return join(real, below);
}

/** The nearest real path, and what of the path is yet to be made below it. */
export function nearestReal(path: string): { readonly real: string; readonly below: string } {
  try {
    return { real: realpathSync(path), below: '' };
  } catch {
    const parent = dirname(path);
    if (parent === path) return { real: path, below: '' };
    const { real, below } = nearestReal(parent);
    return { real, below: join(below, path.slice(parent.length)) };
  }
}
