const MOST_LINES = 500;

/**
 * Keeps what this process prints from now on, instead of printing it.
 *
 * @param hear called with each line at once
 * @returns gives the lines since it was asked last, the newest 500 of them
 */
export function overhear(hear: (line: string) => void): () => readonly string[] {
  let text = '';
  const keep = (chunk: string | Uint8Array, encoding?: unknown, done?: unknown): boolean => {
    const said = typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
    text += said;
    for (const line of said.split('\n')) hear(line); // The library prints whole lines.
    const callback = typeof encoding === 'function' ? encoding : done;
    if (typeof callback === 'function') process.nextTick(callback);
    return true;
  };
  process.stdout.write = keep;
  process.stderr.write = keep;
  return () => {
    const lines = text.split('\n').slice(-MOST_LINES);
    text = '';
    return lines;
  };
}
