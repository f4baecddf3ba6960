import { TransferWindow } from './window.js';

export interface Pieces<Piece> {
  readonly window: TransferWindow;
  /** How many there are to be taken at once. */
  readonly places: number;
  readonly placesOf?: (piece: Piece) => number;
  readonly bytesOf: (piece: Piece) => number;
  readonly run: (piece: Piece, signal: AbortSignal) => Promise<unknown>;
}

/**
 * Runs pieces of work side by side, as many as the window admits. The first that fails stops the others; all have
 * ended when this returns or throws.
 *
 * @throws what the first failed piece threw
 */
export async function sideBySide<Piece>(
  pieces: Iterable<Piece> | AsyncIterable<Piece>,
  { window, places, placesOf = () => 1, bytesOf, run }: Pieces<Piece>,
  signal: AbortSignal,
): Promise<void> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const running = new Set<Promise<void>>();
  let underWay = 0;
  let taken = 0;
  let failure: { readonly error: unknown } | undefined;

  const start = (piece: Piece, bytes: number) => {
    underWay += bytes;
    taken += placesOf(piece);
    const work = run(piece, either)
      .then(() => window.moved(bytes))
      .catch((error: unknown) => {
        failure ??= { error };
        stop.abort(error);
      })
      .finally(() => {
        underWay -= bytes;
        taken -= placesOf(piece);
        running.delete(work);
      });
    running.add(work);
  };

  for await (const piece of pieces) {
    const bytes = bytesOf(piece);
    const waits = () => taken > 0 && taken + placesOf(piece) > places;
    while (failure === undefined && (waits() || !window.admits(bytes, underWay))) {
      await Promise.race([...running, window.changed]);
    }
    if (failure !== undefined || signal.aborted) break;
    start(piece, bytes);
  }
  await Promise.all(running);
  if (failure !== undefined) throw failure.error;
  signal.throwIfAborted();
}

/** Runs all tasks at once. The first that fails stops the others; all have ended when this returns or throws. */
export function allTogether(
  tasks: readonly ((signal: AbortSignal) => Promise<unknown>)[],
  signal: AbortSignal,
): Promise<void> {
  return sideBySide(
    tasks,
    {
      window: new TransferWindow(),
      places: tasks.length,
      bytesOf: () => 0,
      run: (task, either) => task(either),
    },
    signal,
  );
}
