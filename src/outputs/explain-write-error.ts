import { Fault, messageOf, systemErrorCode } from '../errors.js';
import { UnusableResult } from '../cas/unusable-result.js';

/**
 * Says why outputs could not be written, and what came of it.
 *
 * @param changed paths that could not be put back as they were
 * @param saved folders that hold what stood there
 */
export function explainWriteError(
  error: unknown,
  changed: readonly string[] = [],
  saved: readonly string[] = [],
): unknown {
  if (changed.length === 0 && systemErrorCode(error) === 'ENAMETOOLONG') {
    return new UnusableResult('it has a path that is too long for this machine', { cause: error });
  }
  if (changed.length > 0) return halfDone(error, changed, saved);
  if (!isOfFiles(error)) return error;
  return new Fault(`could not write the outputs: ${messageOf(error)}`, {
    cause: error,
    remedy: 'Nothing was replaced. Make room, or let the user of this job write there.',
  });
}

function halfDone(error: unknown, changed: readonly string[], saved: readonly string[]): Fault {
  return new Fault(
    `the outputs were written in part: ${messageOf(error)}; and these could not be put back: ${changed.join(', ')}`,
    { cause: error, remedy: `What stood there is in ${saved.join(', ')}.` },
  );
}

/** What a call of the system for a file ended with; not so what a connection did. */
function isOfFiles(error: unknown): boolean {
  const code = systemErrorCode(error);
  if (code === undefined || !/^E[A-Z0-9]+$/.test(code)) return false;
  return FULL.has(code) || (typeof error === 'object' && error !== null && 'path' in error);
}

/** A write says nothing of its file. */
const FULL: ReadonlySet<string> = new Set(['EDQUOT', 'ENOSPC', 'EFBIG', 'EIO', 'EROFS']);
