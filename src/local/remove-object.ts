import { chmodSync, lstatSync, rmSync } from 'node:fs';
import { Fault, messageOf } from '../errors.js';

/**
 * Removes what stands where casd keeps a blob, whatever it is by now. casd believes what it holds: it would keep damaged
 * bytes even when the right ones are stored again, and no call of its own removes a blob.
 *
 * @throws Fault when it cannot be removed
 */
export function removeObject(path: string): void {
  try {
    // A folder that may not be read cannot be emptied either.
    if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true) chmodSync(path, 0o700);
    rmSync(path, { recursive: true, force: true });
  } catch (cause) {
    throw new Fault(`the damaged ${path} cannot be removed: ${messageOf(cause)}`, {
      cause,
      remedy: 'Remove it, or let `cache-dir` name another folder.',
    });
  }
}
