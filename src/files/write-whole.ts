import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { dirname } from 'node:path';
import { systemErrorCode } from '../errors.js';

type Content = string | Uint8Array | Iterable<string>;

/**
 * Writes a file so that a reader finds the old one or the whole new one, and makes its folder.
 *
 * @throws a system error; nothing half-written is left then
 */
export async function writeWhole(file: string, content: Content, mode?: number): Promise<void> {
  await writeBeside(file, content, mode, rename);
}

/** The same for a file of ours, also where a damaged disk has made a folder of it. */
export async function writeOwn(file: string, content: Content, mode?: number): Promise<void> {
  await writeBeside(file, content, mode, replaceOwn);
}

async function writeBeside(
  file: string,
  content: Content,
  mode: number | undefined,
  put: (written: string, file: string) => Promise<void>,
): Promise<void> {
  const unfinished = `${file}.${randomUUID()}`;
  await mkdir(dirname(file), { recursive: true });
  try {
    await writeFile(unfinished, content, { flag: 'wx', mode });
    await put(unfinished, file);
  } catch (error) {
    await rm(unfinished, { force: true }).catch(() => undefined);
    throw error;
  }
}

async function replaceOwn(written: string, file: string): Promise<void> {
  try {
    await rename(written, file);
  } catch (error) {
    if (systemErrorCode(error) !== 'EISDIR') throw error;
    await rm(file, { recursive: true, force: true });
    await rename(written, file);
  }
}
