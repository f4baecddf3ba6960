import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { isRunning, processIdentity } from '../process/identity.js';
import { writeOwn } from '../files/write-whole.js';
import type { CacheFolder } from '../local/folder.js';
import { servingCasd } from './serving.js';

const casdRecord = v.object({
  version: v.literal(1),
  process: processIdentity,
  buildbox: v.object({ version: v.string(), source: v.string() }),
  /** Bytes that the user allows the cache folder to hold; casd has been given what is left for it. */
  quota: v.number(),
});

/** What is written down of a casd that was started on a cache folder. Its socket is not: its own arguments name that. */
export type CasdRecord = v.InferOutput<typeof casdRecord>;

/** A casd that runs on a cache folder. */
export interface CasdState extends CasdRecord {
  /** Absolute. */
  readonly socket: string;
}

export async function writeRecord(folder: CacheFolder, record: CasdRecord): Promise<void> {
  await writeOwn(folder.state, JSON.stringify(record, null, 2), 0o600);
}

/** What the last start wrote, whether or not that casd still runs. A file may have been forged: nothing in it is a fact. */
function readRecord(folder: CacheFolder): CasdRecord | undefined {
  try {
    return v.parse(casdRecord, JSON.parse(readFileSync(folder.state, 'utf8')));
  } catch {
    return undefined;
  }
}

/** The casd that the last start wrote down, where the process of that name is one and serves this folder. */
export function readRunningState(folder: CacheFolder): CasdState | undefined {
  const record = readRecord(folder);
  if (record === undefined || !isRunning(record.process)) return undefined;
  const serving = servingCasd(record.process.pid, folder.storage);
  return serving && { ...record, socket: serving.socket };
}
