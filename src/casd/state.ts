import { readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import * as v from 'valibot';
import { isRunning, processIdentity } from '../process/identity.js';
import type { CacheFolder } from './folder.js';

const casdState = v.object({
  version: v.literal(1),
  process: processIdentity,
  socket: v.string(),
  /** A folder made only for the socket, to be removed with it; null when the socket is in the cache folder. */
  socketFolder: v.nullable(v.string()),
  buildbox: v.object({ version: v.string(), source: v.string() }),
  /** Bytes that the user allows the cache folder to hold; casd has been given what is left for it. */
  quota: v.number(),
});

/** A casd that was started on a cache folder, as the next process finds it. */
export type CasdState = v.InferOutput<typeof casdState>;

export async function writeState(folder: CacheFolder, state: CasdState): Promise<void> {
  const unfinished = `${folder.state}.${process.pid}`;
  await writeFile(unfinished, JSON.stringify(state, null, 2), { mode: 0o600 });
  await rename(unfinished, folder.state);
}

/** What the last start wrote, whether or not that casd still runs. */
export function readState(folder: CacheFolder): CasdState | undefined {
  try {
    return v.parse(casdState, JSON.parse(readFileSync(folder.state, 'utf8')));
  } catch {
    return undefined;
  }
}

export function readRunningState(folder: CacheFolder): CasdState | undefined {
  const state = readState(folder);
  return state !== undefined && isRunning(state.process) ? state : undefined;
}
