import { pause } from '../../async/pause.js';
import { sideBySide } from '../../async/side-by-side.js';
import type { BuiltPack } from './build-packs.js';
import type { Pack } from '../index/cache-index.js';
import type { IndexPlace } from '../index/read-scope.js';
import { isSound } from './sound-pack.js';
import { TransportError } from '../transport/transport.js';

const AT_ONCE = 3;
/** What was stored a moment ago may not be seen yet: waits of so many milliseconds between the looks. */
const LOOK_AGAIN = [0, 300, 700, 1500];
/** Each writer that was killed in the middle of a pack has taken one for good. */
const MOST_KEYS = 9;

/**
 * Stores packs, several at once. One that is there already is not sent again: its key says what is in it.
 *
 * @param doubted ids of packs that were damaged before: what is there already is read before it is relied on
 * @returns the packs with the keys under which they can be fetched, and the bytes that were sent
 * @throws TransportError
 */
export async function storePacks(
  place: IndexPlace,
  keyOf: (id: string, attempt: number) => string,
  built: readonly BuiltPack[],
  doubted: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<{ readonly packs: readonly Pack[]; readonly sent: number }> {
  const packs: Pack[] = [];
  let sent = 0;
  // One that is under way when another fails goes on to its end: its key would be taken for nothing.
  const store = async (next: BuiltPack) => {
    const { key, stored } = await storePack(place, keyOf, next, doubted.has(next.pack.id), signal);
    packs.push({ ...next.pack, key });
    if (stored) sent += next.pack.bytes;
  };
  await sideBySide(built, { most: AT_ONCE, run: store }, signal);
  return { packs, sent };
}

async function storePack(
  place: IndexPlace,
  keyOf: (id: string, attempt: number) => string,
  { pack, file }: BuiltPack,
  isDoubted: boolean,
  signal: AbortSignal,
): Promise<{ readonly key: string; readonly stored: boolean }> {
  const { transport } = place;
  for (let attempt = 1; attempt <= MOST_KEYS; attempt += 1) {
    const key = keyOf(pack.id, attempt);
    if ((await transport.store(key, file, signal)) === 'stored') return { key, stored: true };
    const isGood = isDoubted
      ? await isSound(place, { ...pack, key }, signal)
      : await isThere(transport, key, signal);
    if (isGood) return { key, stored: false };
  }
  throw new TransportError(
    `${transport.name} has ${MOST_KEYS} keys for the pack ${pack.id} reserved and none of them stored`,
    'failed',
  );
}

async function isThere(
  transport: IndexPlace['transport'],
  key: string,
  signal: AbortSignal,
): Promise<boolean> {
  for (const milliseconds of LOOK_AGAIN) {
    await pause(milliseconds, signal);
    if (await transport.has(key, signal)) return true;
  }
  return false;
}
