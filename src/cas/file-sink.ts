import { createReadStream, rmSync, writeFileSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { systemErrorCode } from '../errors.js';
import type { BlobSink, BlobWriter } from './blob-sink.js';

/** A file to be made of a blob. */
export interface FileToMake {
  /** Absolute; nothing may be there yet. */
  readonly path: string;
  readonly mode: number;
}

/**
 * Makes files of a blob. One that fails is removed again, and so are, for a blob that is not small, the other files
 * of it; what was made of other blobs is the caller's to remove. There may be a hundred thousand of these at once.
 */
export class FileSink implements BlobSink {
  readonly #files: [FileToMake, ...FileToMake[]];

  constructor(file: FileToMake) {
    this.#files = [file];
  }

  /** Makes another file of the same blob. */
  add(file: FileToMake): void {
    this.#files.push(file);
  }

  take(blob: Uint8Array): void {
    for (const file of this.#files) makeFile(file, blob);
  }

  begin(): Promise<BlobWriter> {
    return beginFile(this.#files);
  }
}

/** At once: a promise for each of many small files would take longer than the writing. */
function makeFile({ path, mode }: FileToMake, content: Uint8Array): void {
  try {
    writeFileSync(path, content, { flag: 'wx', mode });
  } catch (error) {
    if (systemErrorCode(error) !== 'EEXIST') rmSync(path, { force: true });
    throw error;
  }
}

/** Writes the first file, and makes the others from it once it is known to be right. */
async function beginFile([first, ...others]: readonly [FileToMake, ...FileToMake[]]): Promise<BlobWriter> {
  const target = await open(first.path, 'wx', first.mode);
  const made = [first.path];
  return {
    write: (piece) => target.writeFile(piece),
    finish: async () => {
      await target.close();
      for (const { path, mode } of others) {
        const copy = await open(path, 'wx', mode);
        made.push(path);
        await pipeline(createReadStream(first.path), copy.createWriteStream());
      }
    },
    discard: async () => {
      await target.close();
      for (const path of made) await rm(path, { force: true });
    },
  };
}
