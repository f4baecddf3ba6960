import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { NOWHERE } from '../../cas/blob-sink.js';
import type { Pack } from '../index/cache-index.js';
import { DamagedPack } from './damaged-pack.js';
import { fetchPack } from './fetch-pack.js';
import { readPack } from './pack-reader.js';
import type { IndexPlace } from '../index/read-scope.js';
import { TransportError } from '../transport/transport.js';

/**
 * Of packs that somebody could not read, those that really cannot be read: a transfer may fail once, and a look-up
 * may miss what is there. Fetches each of them.
 */
export async function confirmLost(
  place: IndexPlace,
  packs: ReadonlyMap<string, Pack>,
  suspected: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const lost = new Set<string>();
  for (const id of suspected) {
    const pack = packs.get(id);
    if (pack !== undefined && !(await isSound(place, pack, signal))) lost.add(id);
  }
  return lost;
}

/** Whether a pack can be fetched, and all of its blobs read. */
export async function isSound(
  { transport, scratch }: IndexPlace,
  pack: Pack,
  signal: AbortSignal,
): Promise<boolean> {
  const file = join(scratch, `doubted-${randomUUID()}`);
  try {
    if ((await fetchPack(transport, pack, file, signal)) === undefined) return false;
    await readPack(file, pack, new Set(pack.blobs.map(({ hash }) => hash)), NOWHERE, signal);
    return true;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof DamagedPack || error instanceof TransportError) return false;
    throw error;
  } finally {
    await rm(file, { force: true });
  }
}
