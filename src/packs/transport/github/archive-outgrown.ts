import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds between two looks at what the library, which knows no bound, is fetching. */
const LOOK_AGAIN = 100;
/** What tar's headers and gzip add to an object, at most. */
const WRAPPING = 1024 * 1024;

/**
 * Waits until an archive that is fetched into a folder of the working folder is larger than that of an object of so
 * many bytes; for ever where none becomes it.
 *
 * @param most bytes of the object
 * @param signal ends the waiting
 */
export async function archiveOutgrown(most: number, signal: AbortSignal): Promise<'outgrown'> {
  const allowed = most + most / 1000 + WRAPPING;
  while (largest() <= allowed) {
    await sleep(LOOK_AGAIN, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return new Promise(() => undefined);
  }
  return 'outgrown';
}

function largest(): number {
  try {
    const folders = readdirSync('.', { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const files = folders.flatMap(({ name }) => readdirSync(name).map((file) => join(name, file)));
    return Math.max(0, ...files.map((file) => statSync(file).size));
  } catch {
    return 0; // It was removed while we looked.
  }
}
