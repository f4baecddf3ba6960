/** What a blob takes in a message beside its bytes, in bytes: digest, compressor or status, and the lengths of all. */
export const BLOB_OVERHEAD = 128;

/** Splits into runs whose cost stays below the limit; a thing that costs more comes alone. */
export function* batchesBySize<T>(
  things: Iterable<T>,
  cost: (thing: T) => number,
  limit: number,
): Generator<T[], void, undefined> {
  let batch: T[] = [];
  let room = limit;
  for (const thing of things) {
    const bytes = cost(thing);
    if (bytes > room && batch.length > 0) {
      yield batch;
      batch = [];
      room = limit;
    }
    batch.push(thing);
    room -= bytes;
  }
  if (batch.length > 0) yield batch;
}
