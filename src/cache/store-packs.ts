import { setTimeout as sleep } from 'node:timers/promises';
import type { BuiltPack } from './build-packs.js';
import type { Pack } from './cache-index.js';
import { type Transport, TransportError } from './transport.js';

const AT_ONCE = 3;
/** What was stored a moment ago may not be seen yet: waits of so many milliseconds between the looks. */
const LOOK_AGAIN = [0, 300, 700, 1500];
const MOST_KEYS = 3;

/**
 * Stores packs, several at once. One that is there already is not sent again: its key says what is in it.
 *
 * @returns the packs with the keys under which they can be fetched, and the bytes that were sent
 * @throws TransportError
 */
export async function storePacks(
  transport: Transport,
  keyOf: (id: string, attempt: number) => string,
  built: readonly BuiltPack[],
  signal: AbortSignal,
): Promise<{ readonly packs: readonly Pack[]; readonly sent: number }> {
  const packs: Pack[] = [];
  let sent = 0;
  const queue = [...built];
  const worker = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const { key, stored } = await storePack(transport, keyOf, next, signal);
      packs.push({ ...next.pack, key });
      if (stored) sent += next.pack.bytes;
    }
  };
  const workers = await Promise.allSettled(Array.from({ length: AT_ONCE }, worker));
  for (const { status, ...rest } of workers) if (status === 'rejected' && 'reason' in rest) throw rest.reason;
  return { packs, sent };
}

async function storePack(
  transport: Transport,
  keyOf: (id: string, attempt: number) => string,
  { pack, file }: BuiltPack,
  signal: AbortSignal,
): Promise<{ readonly key: string; readonly stored: boolean }> {
  for (let attempt = 1; attempt <= MOST_KEYS; attempt += 1) {
    const key = keyOf(pack.id, attempt);
    if ((await transport.store(key, file, signal)) === 'stored') return { key, stored: true };
    if (await isThere(transport, key, signal)) return { key, stored: false };
  }
  throw new TransportError(
    `${transport.name} has ${MOST_KEYS} keys for the pack ${pack.id} reserved and none of them stored`,
    'failed',
  );
}

async function isThere(transport: Transport, key: string, signal: AbortSignal): Promise<boolean> {
  for (const milliseconds of LOOK_AGAIN) {
    await sleep(milliseconds, undefined, { signal });
    if (await transport.has(key, signal)) return true;
  }
  return false;
}
