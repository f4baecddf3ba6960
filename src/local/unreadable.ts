import { systemErrorCode } from '../errors.js';

/** A folder or a link in its place, no permission, a disk that is broken there. */
const UNREADABLE: readonly (string | undefined)[] = ['EISDIR', 'EACCES', 'EPERM', 'ELOOP', 'EIO', 'EUCLEAN'];

/** Whether a stored file cannot be read because of what has become of it, and not for want of anything here. */
export function isUnreadable(error: unknown): boolean {
  const wasWriting = error instanceof Error && 'syscall' in error && error.syscall === 'write';
  return !wasWriting && UNREADABLE.includes(systemErrorCode(error));
}
