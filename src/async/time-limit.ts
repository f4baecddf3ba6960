/**
 * A signal that aborts with another, or after so many milliseconds.
 *
 * Node 20 forgets an `AbortSignal.timeout` that nobody listens to and nobody holds, although a signal made of it by
 * `AbortSignal.any` is listened to: after a garbage collection that never aborts.
 */
export function withTimeLimit(signal: AbortSignal, milliseconds: number): AbortSignal {
  const limit = AbortSignal.timeout(milliseconds);
  limit.addEventListener('abort', () => undefined, { once: true });
  return AbortSignal.any([signal, limit]);
}
