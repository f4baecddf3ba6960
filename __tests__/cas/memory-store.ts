import type { Store, StoreEntry } from '../../src/cas/store.js';
import { digestOf, type Digest } from '../../src/reapi/digest.js';
import { UnusableBlob } from '../../src/reapi/unusable-blob.js';

/** A store in memory: what the contract asks, and no more. */
export class MemoryStore implements Store {
  readonly name = 'local';
  readonly entries = new Map<string, StoreEntry>();
  readonly blobs = new Map<string, Buffer>();

  entry({ hash }: Digest): Promise<StoreEntry | undefined> {
    return Promise.resolve(this.entries.get(hash));
  }

  async read(...[digests, sink, signal]: Parameters<Store['read']>): Promise<void> {
    for (const digest of digests) {
      signal.throwIfAborted();
      await sink.take(digest, this.#sound(digest));
    }
  }

  async checkComplete(...[, inTrees]: Parameters<Store['checkComplete']>): Promise<void> {
    for (const digest of inTrees) if (digest.sizeBytes > 0) this.#sound(digest);
    return Promise.resolve();
  }

  discard({ hash }: Digest): void {
    this.blobs.delete(hash);
  }

  #sound(digest: Digest): Buffer {
    const blob = this.blobs.get(digest.hash);
    if (blob === undefined) throw new UnusableBlob(digest, 'missing');
    if (digestOf(blob).hash !== digest.hash) throw new UnusableBlob(digest, 'corrupt');
    return blob;
  }
}
