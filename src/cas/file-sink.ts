import { createReadStream, rmSync, writeFileSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { systemErrorCode } from '../errors.js';
import type { Digest } from '../reapi/digest.js';
import type { BlobSink, BlobWriter } from './blob-sink.js';

/** A file to be made of a blob. */
export interface BlobFile {
  readonly digest: Digest;
  /** Absolute; nothing may be there yet. */
  readonly path: string;
  readonly mode: number;
}

/**
 * Makes files of blobs, each blob read once however many files are made of it. One that fails is removed again, and so
 * are, for a blob that comes in pieces, the other files of it; what was made of other blobs is the caller's to remove.
 */
export class FileSink implements BlobSink {
  /** Of what is to be read: each once, without the empty blob. */
  readonly digests: Digest[] = [];
  readonly #empty: BlobFile[] = [];
  /** By hash. Few blobs are wanted twice: only those cost a list. */
  readonly #first = new Map<string, BlobFile>();
  readonly #others = new Map<string, BlobFile[]>();

  constructor(files: readonly BlobFile[]) {
    for (const file of files) {
      const { hash, sizeBytes } = file.digest;
      if (sizeBytes === 0) this.#empty.push(file);
      else if (this.#first.has(hash)) this.#others.set(hash, [...(this.#others.get(hash) ?? []), file]);
      else {
        this.#first.set(hash, file);
        this.digests.push(file.digest);
      }
    }
  }

  /** Nobody reads the empty blob. */
  makeEmpty(): void {
    for (const file of this.#empty) makeFile(file, Buffer.alloc(0));
  }

  take(digest: Digest, bytes: Uint8Array): void {
    for (const file of this.#filesOf(digest)) makeFile(file, bytes);
  }

  begin(digest: Digest): Promise<BlobWriter> {
    return beginFile(this.#filesOf(digest));
  }

  #filesOf({ hash }: Digest): readonly [BlobFile, ...BlobFile[]] {
    const first = this.#first.get(hash);
    if (first === undefined) throw new Error(`the blob ${hash} came, and no file is to be made of it`);
    return [first, ...(this.#others.get(hash) ?? [])];
  }
}

/** At once: a promise for each of many small files would take longer than the writing. */
function makeFile({ path, mode }: BlobFile, content: Uint8Array): void {
  try {
    writeFileSync(path, content, { flag: 'wx', mode });
  } catch (error) {
    if (systemErrorCode(error) !== 'EEXIST') rmSync(path, { force: true });
    throw error;
  }
}

/** Writes the first file, and makes the others from it once it is known to be right. */
async function beginFile([first, ...others]: readonly [BlobFile, ...BlobFile[]]): Promise<BlobWriter> {
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
