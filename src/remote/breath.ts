import { setImmediate as turn } from 'node:timers/promises';

/** Milliseconds that nothing else may have to wait for us. */
const LONGEST = 5;

/**
 * Lets others run in a long loop that does not wait for anything by itself: call it in each round. Small files are read
 * and written so, because what it costs to wait for each is a multiple of the work.
 */
export function breathing(now: () => number = () => performance.now()): () => Promise<void> | undefined {
  let since = now();
  return () => {
    if (now() - since < LONGEST) return undefined;
    return turn().then(() => {
      since = now();
    });
  };
}
