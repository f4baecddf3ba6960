import { setImmediate } from 'node:timers/promises';

/** Milliseconds of blocking work after which others get their turn: a signal is seen within this time. */
const SLICE = 5;

/** Lets a long loop of blocking work be cancelled, and leaves time to whatever runs beside it. */
export interface Yielding {
  /** Whether a `turn` is due. */
  due(): boolean;
  /** Of the others. @throws the signal's reason when it is aborted */
  turn(): Promise<void>;
}

export function yielding(signal?: AbortSignal): Yielding {
  signal?.throwIfAborted();
  let sliceEnd = performance.now() + SLICE;
  return {
    due: () => performance.now() > sliceEnd,
    turn: async () => {
      await yieldTurn(signal);
      sliceEnd = performance.now() + SLICE;
    },
  };
}

/** Lets others of this process go on. @throws the signal's reason when it is aborted */
export async function yieldTurn(signal?: AbortSignal): Promise<void> {
  await setImmediate();
  signal?.throwIfAborted();
}
