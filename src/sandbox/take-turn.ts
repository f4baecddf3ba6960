import { setImmediate } from 'node:timers/promises';

/**
 * Lets other work of this process go on.
 *
 * @throws the signal's reason when it is aborted.
 */
export async function takeTurn(signal: AbortSignal): Promise<void> {
  await setImmediate();
  signal.throwIfAborted();
}
