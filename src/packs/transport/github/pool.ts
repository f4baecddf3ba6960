import { TransportError } from '../transport.js';
import type { Helper } from './helper.js';

/** Helper processes that are used again, so many at once and no more. */
export interface HelperPool {
  /** @throws the signal's reason when it is aborted before a helper is free; what the work throws */
  use<T>(signal: AbortSignal, work: (helper: Helper) => Promise<T>): Promise<T>;
  /** Starts one ahead of its use. */
  prepare(): void;
  /** Ends them all; what they do fails. */
  close(): Promise<void>;
}

export function helperPool(start: () => Helper, most: number): HelperPool {
  const helpers = new Set<Helper>();
  const idle: Helper[] = [];
  const waiting = new Set<() => void>();
  let busy = 0;
  let closed = false;

  const begin = (): Helper => {
    const helper = start();
    helpers.add(helper);
    return helper;
  };

  const take = (): Helper => {
    for (let helper = idle.pop(); helper !== undefined; helper = idle.pop()) {
      if (helper.isRunning()) return helper;
    }
    return begin();
  };

  const wakeOne = () => {
    const [next] = waiting;
    next?.();
  };

  const takeTurn = async (signal: AbortSignal): Promise<void> => {
    while (busy >= most && !signal.aborted && !closed) await oneTurn(waiting, signal);
    if (signal.aborted) wakeOne(); // It may have been woken for a turn that another can have now.
    signal.throwIfAborted();
    if (closed) throw new TransportError("GitHub's cache: it was closed", 'failed');
    busy += 1;
  };

  return {
    use: async (signal, work) => {
      await takeTurn(signal);
      try {
        const helper = take();
        try {
          return await work(helper);
        } finally {
          if (helper.isRunning()) idle.push(helper);
        }
      } finally {
        busy -= 1;
        wakeOne();
      }
    },
    prepare: () => {
      idle.push(begin());
    },
    close: async () => {
      closed = true;
      for (const wake of waiting) wake();
      await Promise.all([...helpers].map((helper) => helper.end()));
    },
  };
}

function oneTurn(waiting: Set<() => void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = () => {
      waiting.delete(wake);
      signal.removeEventListener('abort', wake);
      resolve();
    };
    waiting.add(wake);
    signal.addEventListener('abort', wake, { once: true });
  });
}
