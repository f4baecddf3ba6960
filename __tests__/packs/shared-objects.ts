import { readFile, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type FetchedObject,
  OversizedObject,
  type Transport,
  TransportError,
} from '../../src/packs/transport/transport.js';

export type TransportCall = 'fetchNewest' | 'fetch' | 'has' | 'store';

export interface ObjectFaults {
  /** Comes before a call; what it throws, the call throws. */
  readonly before?: (call: TransportCall, key: string, signal: AbortSignal) => Promise<void> | void;
  /** What comes instead of an object. */
  readonly spoil?: (key: string, content: Buffer) => Buffer;
  /** A store that is done, and fails all the same. */
  readonly loseAnswer?: (key: string) => boolean;
}

interface StoredObject {
  readonly content: Buffer;
  /** Milliseconds since 1970. */
  readonly foundFrom: number;
}

/** What several machines keep in one place, as GitHub's cache has it: found after a while, and keys that stay taken. */
export class SharedObjects {
  readonly #objects = new Map<string, StoredObject>();
  readonly #reserved = new Set<string>();
  /** Every call with its key, in order. */
  readonly calls: (readonly [TransportCall, string])[] = [];
  sent = 0;

  /** @param lookupDelay milliseconds until what is stored is found */
  constructor(private readonly lookupDelay = 0) {}

  /** In the order in which they were stored. */
  get keys(): string[] {
    return [...this.#objects.keys()];
  }

  put(key: string, content: Buffer): void {
    this.#objects.set(key, { content, foundFrom: 0 });
  }

  evict(key: string): void {
    this.#objects.delete(key);
  }

  content(key: string): Buffer {
    const found = this.#objects.get(key);
    if (found === undefined) throw new Error(`nobody has stored ${key}`);
    return found.content;
  }

  /** As a writer leaves a key that is killed before it has stored anything under it. */
  reserve(key: string): void {
    this.#reserved.add(key);
  }

  transport(faults: ObjectFaults = {}): Transport {
    const begin = async (call: TransportCall, key: string, signal: AbortSignal) => {
      signal.throwIfAborted();
      this.calls.push([call, key]);
      await faults.before?.(call, key, signal);
    };
    const give = async (
      key: string | undefined,
      target: string,
      most: number,
    ): Promise<FetchedObject | undefined> => {
      const found = key === undefined ? undefined : this.#found(key);
      if (key === undefined || found === undefined) return undefined;
      const content = faults.spoil?.(key, found) ?? found;
      if (content.length > most) throw new OversizedObject(key, most);
      await writeFile(target, content, { flag: 'wx' });
      return { key, bytes: content.length };
    };
    return {
      name: 'the shared objects',
      access: { read: true, write: true, why: null },
      fetchNewest: async (prefix, target, most, signal) => {
        await begin('fetchNewest', prefix, signal);
        const newest = this.keys.filter((key) => key.startsWith(prefix) && this.#found(key) !== undefined);
        return give(newest.sort().at(-1), target, most);
      },
      fetch: async (key, target, most, signal) => {
        await begin('fetch', key, signal);
        return give(key, target, most);
      },
      has: async (key, signal) => {
        await begin('has', key, signal);
        return this.#found(key) !== undefined;
      },
      store: async (key, file, signal) => {
        await begin('store', key, signal);
        if (this.#reserved.has(key) || this.#objects.has(key)) return 'taken';
        this.#reserved.add(key);
        const content = await readFile(file);
        this.#reserved.delete(key);
        this.#objects.set(key, { content, foundFrom: Date.now() + this.lookupDelay });
        this.sent += content.length;
        if (faults.loseAnswer?.(key) === true) return 'taken';
        return 'stored';
      },
      close: () => Promise.resolve(),
    };
  }

  #found(key: string): Buffer | undefined {
    const object = this.#objects.get(key);
    return object !== undefined && object.foundFrom <= Date.now() ? object.content : undefined;
  }
}

export function down(): never {
  throw new TransportError('the shared objects are down', 'failed');
}

/** Waits for the abort, as for an answer that never comes. */
export async function hang(signal: AbortSignal): Promise<never> {
  await sleep(60_000, undefined, { signal });
  return down();
}

export function flipped(content: Buffer): Buffer {
  const copy = Buffer.from(content);
  const middle = copy.length >> 1;
  copy.writeUInt8(copy.readUInt8(middle) ^ 1, middle);
  return copy;
}
