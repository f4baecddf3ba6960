import { cpSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Gives a new cache folder what is known of this machine's toolchain, so that not each of hundreds of tests looks at all
 * of it: a few seconds where much is installed.
 */
export function knowHost(cache: string): void {
  const known = process.env.TEST_HOST_MEMORY;
  const memory = join(cache, 'memory');
  if (known === undefined || existsSync(cache)) return;
  mkdirSync(memory, { recursive: true, mode: 0o700 });
  cpSync(known, memory, { recursive: true });
}
