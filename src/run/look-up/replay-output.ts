import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { CacheFolder } from '../../local/folder.js';
import type { ActionResult } from '../../gen/build/bazel/remote/execution/v2/remote_execution.js';
import type { BuildLog } from '../../host/host.js';
import { makeOwnFolder } from '../../process/own-folder.js';
import type { Digest } from '../../reapi/digest.js';
import { readBlob, readFiles } from '../../cas/read.js';
import type { Store } from '../../cas/store.js';
import { together } from '../../async/together.js';

/** Output longer than this goes through a file, so that none of it is shown before all of it was checked. */
const IN_MEMORY_BYTES = 4_000_000;

/**
 * Fetches what the build printed when it ran, checked and ready to be shown. Shows nothing yet: an entry whose
 * output is damaged is no hit.
 *
 * @throws UnusableBlob
 */
export async function fetchOutput(
  source: Store,
  result: ActionResult,
  folder: CacheFolder,
  signal: AbortSignal,
): Promise<(log: BuildLog) => Promise<void>> {
  const [stdout, stderr] = await together(
    signal,
    (either) => fetchStream(source, result.stdoutRaw, result.stdoutDigest, folder, either),
    (either) => fetchStream(source, result.stderrRaw, result.stderrDigest, folder, either),
  );
  return async (log) => {
    for await (const chunk of stdout()) await log.stdout(chunk);
    for await (const chunk of stderr()) await log.stderr(chunk);
  };
}

type Chunks = () => AsyncIterable<Buffer>;

async function fetchStream(
  source: Store,
  raw: Buffer,
  digest: Digest | undefined,
  folder: CacheFolder,
  signal: AbortSignal,
): Promise<Chunks> {
  if (digest === undefined || digest.sizeBytes === 0) return () => once(raw);
  if (digest.sizeBytes <= IN_MEMORY_BYTES) {
    const blob = await readBlob(source, digest, signal);
    return () => once(blob);
  }
  const workFolder = await makeOwnFolder(folder.work);
  const path = join(workFolder, 'stream');
  try {
    await readFiles(source, [{ digest, path, mode: 0o600 }], signal);
  } catch (error) {
    await rm(workFolder, { recursive: true, force: true });
    throw error;
  }
  return () => readAndRemove(path, workFolder);
}

async function* once(chunk: Buffer) {
  if (chunk.length > 0) yield await Promise.resolve(chunk);
}

async function* readAndRemove(path: string, workFolder: string) {
  try {
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) yield chunk;
  } finally {
    await rm(workFolder, { recursive: true, force: true });
  }
}
