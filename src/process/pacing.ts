import { setImmediate } from 'node:timers/promises';

/** Milliseconds of blocking work after which others get their turn: a signal is seen within this time. */
const SLICE = 10;

/** Lets a long loop of blocking calls be cancelled, and leaves time to whatever runs beside it. */
export interface Pace {
  /** Whether a `rest` is due. */
  due(): boolean;
  /** @throws the signal's reason when it is aborted. */
  rest(): Promise<void>;
}

export function pace(signal: AbortSignal): Pace {
  signal.throwIfAborted();
  let sliceEnd = performance.now() + SLICE;
  return {
    due: () => performance.now() > sliceEnd,
    async rest() {
      await setImmediate();
      signal.throwIfAborted();
      sliceEnd = performance.now() + SLICE;
    },
  };
}
