import { sideBySide } from './side-by-side.js';

/** Work that ends early when its signal is aborted. */
export type Work<T> = (signal: AbortSignal) => Promise<T>;

/**
 * Does several pieces of work at once. When one fails the others are aborted and waited for, so that nothing goes on
 * behind the back of whoever handles the failure.
 *
 * @returns what each gave, in order
 * @throws what failed first
 */
export async function together<T extends readonly unknown[]>(
  signal: AbortSignal,
  ...works: { readonly [K in keyof T]: Work<T[K]> }
): Promise<T> {
  const results: unknown[] = [];
  const run = async ([i, work]: readonly [number, Work<unknown>], either: AbortSignal) => {
    results[i] = await work(either);
  };
  await sideBySide(works.entries(), { most: works.length, run }, signal);
  return results as unknown as T;
}
