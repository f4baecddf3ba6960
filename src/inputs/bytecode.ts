import { posix } from 'node:path';

/** What casd gives to every file: 2011-11-11 11:11:11 UTC, in seconds since 1970. */
const STAMP = 1_321_009_871;

/** What `isBelieved` needs to see of a file, in bytes. */
export const HEADER_LENGTH = 16;

/** The source that a file with Python's bytecode is of, by its name; undefined where it is none. */
export function sourceOfBytecode(path: string): string | undefined {
  if (!path.endsWith('.pyc')) return undefined;
  const folder = posix.dirname(path);
  const name = posix.basename(path, '.pyc');
  if (posix.basename(folder) !== '__pycache__') return posix.join(folder, `${name}.py`);
  return posix.join(posix.dirname(folder), `${name.split('.')[0] ?? name}.py`);
}

/**
 * Whether Python would run this bytecode in the sandbox whatever its source has become. It notes its source's time stamp
 * and length (PEP 552), so what was made elsewhere is made anew, and what was made in a sandbox is not.
 */
export function isBelieved(header: Buffer): boolean {
  if (header.length < HEADER_LENGTH) return false;
  const flags = header.readUInt32LE(4);
  const isOfHash = (flags & 1) !== 0;
  const isChecked = (flags & 2) !== 0;
  return isOfHash ? !isChecked : header.readUInt32LE(8) === STAMP;
}
