import { rename, rm } from 'node:fs/promises';
import { systemErrorCode } from '../errors.js';

/** Puts a file that is written in the place of another, at once; also where a damaged disk has made a folder of that. */
export async function replaceFile(written: string, file: string): Promise<void> {
  try {
    await rename(written, file);
  } catch (error) {
    if (systemErrorCode(error) !== 'EISDIR') throw error;
    await rm(file, { recursive: true, force: true });
    await rename(written, file);
  }
}
