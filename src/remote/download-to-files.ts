import { createReadStream, writeFile } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import type { Digest } from '../reapi/digest.js';
import type { CasService } from './cas-service.js';
import { type BlobSink, type BlobWriter, download } from './download.js';

/** Makes no object with a finalizer for each file, as that of `fs/promises` does. */
const writeNew = promisify(writeFile);

/** A file to be made of a blob. */
export interface FileToFetch {
  readonly digest: Digest;
  /** Absolute; nothing may be there yet. */
  readonly path: string;
  readonly mode: number;
}

/**
 * Makes files out of blobs, each checked against its digest and read once, however many files are made of it.
 *
 * @param onProgress called with the bytes of each blob or piece that came
 * @throws UnusableBlob for the first that is missing or corrupt, RpcError, Unavailable; the files made so far are then
 * the caller's to remove
 */
export async function downloadFiles(
  cas: CasService,
  files: readonly FileToFetch[],
  signal: AbortSignal,
  onProgress: (bytes: number) => void = () => undefined,
): Promise<void> {
  const wanted = new Map<string, FileToFetch[]>();
  for (const file of files) {
    const same = wanted.get(file.digest.hash);
    if (same === undefined) wanted.set(file.digest.hash, [file]);
    else same.push(file);
  }
  for (const { path, mode } of files.filter(({ digest }) => digest.sizeBytes === 0)) {
    await writeNew(path, '', { flag: 'wx', mode });
  }
  const digests = files.map(({ digest }) => digest);
  await download(cas, digests, intoFiles(wanted), signal, onProgress);
}

function intoFiles(wanted: ReadonlyMap<string, readonly FileToFetch[]>): BlobSink {
  return {
    put: async ({ hash }, bytes) => {
      for (const { path, mode } of wanted.get(hash) ?? []) await writeNew(path, bytes, { flag: 'wx', mode });
    },
    open: ({ hash }) => openFirst(wanted.get(hash) ?? []),
  };
}

async function openFirst(files: readonly FileToFetch[]): Promise<BlobWriter> {
  const [first, ...others] = files;
  if (first === undefined) throw new Error('a blob came that no file is to be made of');
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
