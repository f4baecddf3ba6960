import type { StoredEntry } from './stored-contents.js';

/** Which blobs are needed, and by how many results that are still there. */
export class References {
  readonly #counts = new Map<string, number>();

  constructor(entries: Iterable<StoredEntry>) {
    for (const entry of entries) {
      for (const hash of hashesOf(entry)) this.#counts.set(hash, (this.#counts.get(hash) ?? 0) + 1);
    }
  }

  has(hash: string): boolean {
    return this.#counts.has(hash);
  }

  /** Takes a result away, and gives the hashes of what no other needs. */
  release(entry: StoredEntry): readonly string[] {
    const free: string[] = [];
    for (const hash of hashesOf(entry)) {
      const count = (this.#counts.get(hash) ?? 1) - 1;
      if (count > 0) this.#counts.set(hash, count);
      else {
        this.#counts.delete(hash);
        free.push(hash);
      }
    }
    return free;
  }
}

function hashesOf({ blobs, recipe }: StoredEntry): ReadonlySet<string> {
  return new Set([...blobs, ...recipe].map(({ hash }) => hash));
}
