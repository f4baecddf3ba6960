import { createReadStream, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { Digest } from '../reapi/digest.js';
import type { CasService } from './cas-service.js';
import { type BlobSink, type BlobWriter, download } from './download.js';
import { type TransferProgress, untold } from './progress.js';

/** A file to be made of a blob. */
export interface FileToFetch {
  readonly digest: Digest;
  /** Absolute; nothing may be there yet. */
  readonly path: string;
  readonly mode: number;
}

export interface FileDownload {
  readonly progress?: TransferProgress;
  /** Called for a blob when all that is to be made of it is there. */
  readonly onWhole?: (digest: Digest) => void;
}

/**
 * Makes files out of blobs, each checked against its digest and read once, however many files are made of it.
 *
 * @throws UnusableBlob for the first that is missing or corrupt, RpcError, Unavailable; the files made so far are then
 * the caller's to remove
 */
export async function downloadFiles(
  cas: CasService,
  files: readonly FileToFetch[],
  signal: AbortSignal,
  { progress = untold(), onWhole = () => undefined }: FileDownload = {},
): Promise<void> {
  const wanted = new WantedFiles(files);
  for (const file of wanted.empty) writeNew(file, Buffer.alloc(0));
  await download(cas, wanted.digests, intoFiles(wanted, onWhole), signal, progress);
}

/** The files by the hash of their blob. Few blobs are wanted twice: only those cost a list. */
class WantedFiles {
  readonly empty: FileToFetch[] = [];
  readonly digests: Digest[] = [];
  readonly #first = new Map<string, FileToFetch>();
  readonly #others = new Map<string, FileToFetch[]>();

  constructor(files: readonly FileToFetch[]) {
    for (const file of files) {
      const { hash, sizeBytes } = file.digest;
      if (sizeBytes === 0) this.empty.push(file);
      else if (this.#first.has(hash)) this.#others.set(hash, [...this.others(hash), file]);
      else {
        this.#first.set(hash, file);
        this.digests.push(file.digest);
      }
    }
  }

  /** @throws Error for a blob that nothing is to be made of */
  first(hash: string): FileToFetch {
    const file = this.#first.get(hash);
    if (file === undefined) throw new Error(`the blob ${hash} came, and no file is to be made of it`);
    return file;
  }

  others(hash: string): readonly FileToFetch[] {
    return this.#others.get(hash) ?? [];
  }
}

function intoFiles(wanted: WantedFiles, onWhole: (digest: Digest) => void): BlobSink {
  return {
    put: (digest, bytes) => {
      writeNew(wanted.first(digest.hash), bytes);
      for (const file of wanted.others(digest.hash)) writeNew(file, bytes);
      onWhole(digest);
    },
    open: async (digest) => {
      const writer = await openFirst(wanted.first(digest.hash), wanted.others(digest.hash));
      return {
        ...writer,
        close: async () => {
          await writer.close();
          onWhole(digest);
        },
      };
    },
  };
}

function writeNew({ path, mode }: FileToFetch, bytes: Buffer): void {
  writeFileSync(path, bytes, { flag: 'wx', mode });
}

async function openFirst(first: FileToFetch, others: readonly FileToFetch[]): Promise<BlobWriter> {
  const file = await open(first.path, 'wx', first.mode);
  return {
    write: (bytes) => file.writeFile(bytes),
    close: async () => {
      await file.close();
      for (const other of others) await copyTo(first.path, other);
    },
    discard: () => file.close(),
  };
}

async function copyTo(source: string, { path, mode }: FileToFetch): Promise<void> {
  const file = await open(path, 'wx', mode);
  await pipeline(createReadStream(source), file.createWriteStream());
}
