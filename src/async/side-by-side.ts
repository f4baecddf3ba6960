export interface SideBySide<Piece> {
  /** How many may be under way at once. */
  readonly most: number;
  /** As how many of them a piece counts; one by default. */
  readonly countOf?: (piece: Piece) => number;
  readonly gate?: Gate<Piece>;
  readonly run: (piece: Piece, signal: AbortSignal) => Promise<unknown>;
}

/** What decides, beside their number, whether a further piece may start. One alone is to be admitted always. */
export interface Gate<Piece> {
  admits(piece: Piece): boolean;
  /** Resolves when it may admit what it did not. */
  readonly changed: Promise<void>;
  started(piece: Piece): void;
  ended(piece: Piece, well: boolean): void;
}

/**
 * Runs pieces of work side by side. The first that fails stops the others; all have ended when this returns or throws.
 *
 * @throws what the first failed piece threw; the signal's reason when it is aborted
 */
export async function sideBySide<Piece>(
  pieces: Iterable<Piece> | AsyncIterable<Piece>,
  { most, countOf = () => 1, gate, run }: SideBySide<Piece>,
  signal: AbortSignal,
): Promise<void> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const running = new Set<Promise<void>>();
  let count = 0;
  let failure: { readonly error: unknown } | undefined;

  const start = (piece: Piece) => {
    gate?.started(piece);
    count += countOf(piece);
    const work = run(piece, either)
      .then(() => gate?.ended(piece, true))
      .catch((error: unknown) => {
        failure ??= { error };
        gate?.ended(piece, false);
        stop.abort(error);
      })
      .finally(() => {
        count -= countOf(piece);
        running.delete(work);
      });
    running.add(work);
  };

  for await (const piece of pieces) {
    const isFull = () => count > 0 && count + countOf(piece) > most;
    while (failure === undefined && (isFull() || gate?.admits(piece) === false)) {
      await Promise.race(gate === undefined ? running : [...running, gate.changed]);
    }
    if (failure !== undefined || signal.aborted) break;
    start(piece);
  }
  await Promise.all(running);
  if (failure !== undefined) throw failure.error;
  signal.throwIfAborted();
}
