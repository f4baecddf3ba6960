import { Cancelled } from '../errors.js';

/**
 * Turns SIGINT and SIGTERM into an abort, for the rest of the process. A further signal does not end it: what the
 * first one set going takes processes, mounts and half-written files away, and would leave them behind if it were cut
 * short. Every wait of it has a deadline; who will not wait has SIGKILL.
 *
 * @param tell gets one line when a signal comes again while that is under way
 * @returns the signal that aborts with a `Cancelled` at the first SIGINT or SIGTERM
 */
export function cancelOnSignals(tell: (text: string) => void): AbortSignal {
  const controller = new AbortController();
  let told = false;
  const onSignal = (name: NodeJS.Signals) => {
    if (!controller.signal.aborted) {
      controller.abort(new Cancelled(name === 'SIGINT' ? 'SIGINT' : 'SIGTERM'));
    } else if (!told) {
      told = true;
      tell('cancelled already: cleaning up, this takes a few seconds');
    }
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return controller.signal;
}
