/**
 * Runs two pieces of work side by side. When one fails the other is aborted and waited for, so that nothing goes on
 * behind the back of whoever handles the failure.
 *
 * @throws what failed first
 */
export async function together<A, B>(
  signal: AbortSignal,
  first: (signal: AbortSignal) => Promise<A>,
  second: (signal: AbortSignal) => Promise<B>,
): Promise<[A, B]> {
  const failure = new AbortController();
  const either = AbortSignal.any([signal, failure.signal]);
  const guard = <T>(work: Promise<T>) =>
    work.catch((error: unknown) => {
      failure.abort(error);
      throw error;
    });
  const outcomes = await Promise.allSettled([guard(first(either)), guard(second(either))]);
  if (failure.signal.aborted) throw failure.signal.reason as Error;
  const [a, b] = outcomes;
  if (a.status === 'rejected') throw a.reason;
  if (b.status === 'rejected') throw b.reason;
  return [a.value, b.value];
}
