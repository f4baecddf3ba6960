import { formatDigest, parseDigest, type Digest } from '../../reapi/digest.js';
import { damagedIndex } from './unreadable-index.js';

/**
 * The blobs of an entry, short: a number is how far a row of blobs begins behind the end of the row before, the
 * number after it is how many they are; a text is a digest that no pack holds.
 */
export type BlobRows = readonly (number | string)[];

/** More than this take more memory than an index is worth. */
const MOST_NAMES = 16_000_000;

/** Names blobs by where they stand among the blobs of all packs. */
export class BlobNumbering {
  readonly #numbers = new Map<string, number>();
  readonly #blobs: Digest[] = [];

  add(blob: Digest): void {
    if (!this.#numbers.has(blob.hash)) this.#numbers.set(blob.hash, this.#blobs.length);
    this.#blobs.push(blob);
  }

  rowsOf(blobs: readonly Digest[]): BlobRows {
    const rows: (number | string)[] = [];
    let end = 0;
    let count = 0;
    for (const blob of blobs) {
      const number = this.#isAt(end, blob) ? end : this.#numberOf(blob);
      if (number !== undefined && count > 0 && number === end) {
        rows[rows.length - 1] = ++count;
        end++;
        continue;
      }
      count = 0;
      if (number === undefined) {
        rows.push(formatDigest(blob));
      } else {
        rows.push(number - end, (count = 1));
        end = number + 1;
      }
    }
    return rows;
  }

  #numberOf(blob: Digest): number | undefined {
    const number = this.#numbers.get(blob.hash);
    return number !== undefined && this.#isAt(number, blob) ? number : undefined;
  }

  /** Asked first of the next number, for blobs mostly follow one another, and that is quicker than to look it up. */
  #isAt(number: number, { hash, sizeBytes }: Digest): boolean {
    const blob = this.#blobs[number];
    return blob?.hash === hash && blob.sizeBytes === sizeBytes;
  }
}

/** Undoes `BlobNumbering` for the entries of one index. */
export class BlobNames {
  #named = 0;

  /** @param blobs of all packs, in order */
  constructor(private readonly blobs: readonly Digest[]) {}

  /** @throws UnreadableIndex */
  read(rows: unknown): Digest[] {
    if (!Array.isArray(rows)) throw damagedIndex("an entry's blobs are no list");
    const named: Digest[] = [];
    let end = 0;
    for (let i = 0; i < rows.length; i++) {
      const item: unknown = rows[i];
      if (typeof item === 'string') {
        named.push(readDigest(item));
        this.#count(1);
      } else {
        const start = end + Number(item);
        end = start + this.#rowLength(item, start, rows[++i]);
        for (const blob of this.blobs.slice(start, end)) named.push(blob);
      }
    }
    return named;
  }

  #rowLength(distance: unknown, start: number, count: unknown): number {
    const sound = Number.isSafeInteger(distance) && Number.isSafeInteger(count) && start >= 0;
    if (!sound || Number(count) < 1 || start + Number(count) > this.blobs.length) {
      throw damagedIndex('an entry names a blob that is not there');
    }
    this.#count(Number(count));
    return Number(count);
  }

  #count(names: number): void {
    this.#named += names;
    if (this.#named > MOST_NAMES) throw damagedIndex('its entries name too many blobs');
  }
}

/** @throws UnreadableIndex */
export function readDigest(text: unknown): Digest {
  const digest = typeof text === 'string' ? parseDigest(text) : undefined;
  if (digest === undefined || !Number.isSafeInteger(digest.sizeBytes)) {
    throw damagedIndex('it holds a digest that is none');
  }
  return digest;
}
