/** casd refuses messages above 4 MiB and reads above 4,128,768 bytes; what a message adds to its blobs fits between. */
export const BATCH_BYTES = 3_900_000;

/** What a blob costs in a message beside its bytes: digest, lengths, status. */
const BLOB_OVERHEAD = 128;

/** Splits into runs whose messages stay below the limit; a thing larger than that comes alone. */
export function batchesBySize<T>(things: Iterable<T>, sizeOf: (thing: T) => number): T[][] {
  const batches: T[][] = [];
  let room = 0;
  for (const thing of things) {
    const cost = sizeOf(thing) + BLOB_OVERHEAD;
    if (cost > room || batches.length === 0) {
      batches.push([]);
      room = BATCH_BYTES;
    }
    batches.at(-1)?.push(thing);
    room -= cost;
  }
  return batches;
}
