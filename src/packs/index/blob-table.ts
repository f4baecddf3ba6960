import type { Digest } from '../../reapi/digest.js';
import { compareUtf8 } from '../../reapi/order.js';
import type { CacheIndex, Pack } from './cache-index.js';

/** The blobs of an index, numbered, and who holds each: what to tidy by, quick even for millions of names. */
export class BlobTable {
  /** By id, so that every machine decides alike. */
  readonly packs: readonly Pack[];
  readonly #blobs: Digest[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #holders: number[] = [];
  readonly #moreHolders = new Map<number, number[]>();
  /** Bytes of the file per byte of the blobs, of each pack. */
  readonly #density: readonly number[];

  constructor(packs: CacheIndex['packs']) {
    this.packs = [...packs.values()].sort((a, b) => compareUtf8(a.id, b.id));
    this.#density = this.packs.map((pack) => pack.bytes / Math.max(1, bytesOfBlobs(pack.blobs)));
    for (const [holder, { blobs }] of this.packs.entries()) for (const blob of blobs) this.#add(blob, holder);
  }

  get size(): number {
    return this.#blobs.length;
  }

  /** The numbers of these blobs; undefined when a pack lacks one of them. */
  numbersOf(blobs: readonly Digest[]): Int32Array | undefined {
    const numbers = new Int32Array(blobs.length);
    let length = 0;
    let next = 0;
    for (const blob of blobs) {
      if (blob.sizeBytes === 0) continue;
      const number = this.#isAt(next, blob) ? next : this.numberOf(blob);
      if (number === undefined) return undefined;
      numbers[length++] = number;
      next = number + 1;
    }
    return numbers.subarray(0, length);
  }

  numberOf(blob: Digest): number | undefined {
    const number = this.#numbers.get(blob.hash);
    return number !== undefined && this.#isAt(number, blob) ? number : undefined;
  }

  bytesOf(number: number): number {
    return this.#blobs[number]?.sizeBytes ?? 0;
  }

  /** What a blob takes of the file of a pack that holds it, about. */
  storedBytesOf(number: number): number {
    return this.bytesOf(number) * (this.#density[this.holderOf(number)] ?? 0);
  }

  /** The number of a pack that holds it. */
  holderOf(number: number): number {
    return this.#holders[number] ?? -1;
  }

  /** The numbers of all packs that hold it, where they are several. */
  holdersOf(number: number): readonly number[] | undefined {
    return this.#moreHolders.get(number);
  }

  #isAt(number: number, { hash, sizeBytes }: Digest): boolean {
    const blob = this.#blobs[number];
    return blob?.hash === hash && blob.sizeBytes === sizeBytes;
  }

  #add(blob: Digest, holder: number): void {
    if (blob.sizeBytes === 0) return;
    const number = this.#numbers.get(blob.hash);
    if (number === undefined) {
      this.#numbers.set(blob.hash, this.#blobs.length);
      this.#blobs.push(blob);
      this.#holders.push(holder);
    } else if (this.bytesOf(number) === blob.sizeBytes) {
      const holders = this.#moreHolders.get(number) ?? [this.holderOf(number)];
      if (!holders.includes(holder)) this.#moreHolders.set(number, [...holders, holder]);
    }
  }
}

export function bytesOfBlobs(blobs: readonly Digest[]): number {
  return blobs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}
