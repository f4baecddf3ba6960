import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import * as v from 'valibot';
import { isRunning, processIdentity } from '../process/identity.js';
import { replaceFile } from '../process/replace-file.js';
import type { CacheFolder } from './folder.js';
import { servingCasd } from './serving.js';

const casdState = v.object({
  version: v.literal(1),
  process: processIdentity,
  socket: v.string(),
  buildbox: v.object({ version: v.string(), source: v.string() }),
  /** Bytes that the user allows the cache folder to hold; casd has been given what is left for it. */
  quota: v.number(),
});

/** A casd that was started on a cache folder, as the next process finds it. */
export type CasdState = v.InferOutput<typeof casdState>;

export async function writeState(folder: CacheFolder, state: CasdState): Promise<void> {
  const unfinished = `${folder.state}.${process.pid}`;
  await writeFile(unfinished, JSON.stringify(state, null, 2), { mode: 0o600 });
  await replaceFile(unfinished, folder.state);
}

/** What the last start wrote, whether or not that casd still runs. A file may have been forged: nothing in it is a fact. */
export function readState(folder: CacheFolder): CasdState | undefined {
  try {
    return v.parse(casdState, JSON.parse(readFileSync(folder.state, 'utf8')));
  } catch {
    return undefined;
  }
}

/** The casd that the last start wrote down, where the process of that name is one, serves this folder, and at this socket. */
export function readRunningState(folder: CacheFolder): CasdState | undefined {
  const state = readState(folder);
  if (state === undefined || !isRunning(state.process)) return undefined;
  return servingCasd(state.process.pid, folder.storage)?.socket === state.socket ? state : undefined;
}
