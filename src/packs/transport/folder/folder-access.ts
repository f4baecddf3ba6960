import { accessSync, constants } from 'node:fs';
import { messageOf, systemErrorCode } from '../../../errors.js';
import { nearestExisting } from '../../../files/nearest.js';
import { TransportError, type TransportAccess } from '../transport.js';

/** What this user may do in a folder that is made with the first object, if it is not there yet. */
export function folderAccess(folder: string): TransportAccess {
  const there = nearestExisting(folder);
  if (!there.isFolder) return refused(`${there.path} is no folder`);
  const ours = there.path === folder;
  const unread = ours ? accessError(folder, constants.R_OK | constants.X_OK) : undefined;
  const unwritten = accessError(there.path, constants.W_OK | constants.X_OK);
  if (unread !== undefined) return refused(`${folder} cannot be read (${unread})`);
  if (unwritten === undefined) return { read: true, write: true, why: null };
  const what = ours ? 'cannot be written' : `cannot be made in ${there.path}`;
  return { read: true, write: false, why: `${folder} ${what} (${unwritten})` };
}

function refused(why: string): TransportAccess {
  return { read: false, write: false, why };
}

function accessError(path: string, mode: number): string | undefined {
  try {
    accessSync(path, mode);
    return undefined;
  } catch (error) {
    return systemErrorCode(error) ?? messageOf(error);
  }
}

const DENIED: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EROFS']);
const WORDS: Readonly<Record<string, string>> = {
  EACCES: 'this user may not',
  EDQUOT: "the user's quota is used up",
  ENOSPC: 'no space is left',
  EPERM: 'this user may not',
  EROFS: 'the file system is read-only',
};

/** Says in one line what went wrong in the folder, and whether it would go wrong again. */
export function folderError(folder: string, what: string, cause: unknown): TransportError {
  const code = systemErrorCode(cause) ?? '';
  const words = WORDS[code];
  const why = words === undefined ? messageOf(cause) : `${words} (${code})`;
  return new TransportError(`the folder ${folder}: ${what}: ${why}`, DENIED.has(code) ? 'denied' : 'failed', {
    cause,
  });
}
