import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { Fault } from '../../errors.js';

/** A file that is not the one that was promised. Never a reason to try the next source: somebody has to look. */
export class WrongHash extends Fault {
  constructor(what: string, expected: string, got: string) {
    super(`${what} is not what it should be: its SHA-256 is ${got}, expected ${expected}`, {
      remedy:
        'Either the download was tampered with or damaged on the way (a proxy, a mirror), or the expected hash is of another file. ' +
        'Do not use the file before you know which.',
    });
  }
}

/** The SHA-256 of a file's content, as 64 lower-case hexadecimal digits. */
export async function sha256OfFile(file: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash, { signal });
  return hash.digest('hex');
}
