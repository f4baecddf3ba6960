import { expect } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BlobSource } from '../../src/cas/blob-source.js';
import { PackCache } from '../../src/packs/pack-cache.js';
import { cacheKeys } from '../../src/packs/index/keys.js';
import type { IndexPlace } from '../../src/packs/index/read-scope.js';
import {
  type FreshEntry,
  type SaveOutcome,
  type SaveRequest,
  saveResults,
} from '../../src/packs/save-results.js';
import type { Transport } from '../../src/packs/transport/transport.js';
import { type Digest, digestOf } from '../../src/reapi/digest.js';
import type { ScopeName } from '../../src/trust/cache-scopes.js';
import { never } from './pack-folder.js';

export const MAIN: ScopeName = { ref: 'refs/heads/main', event: null };
export const PULL: ScopeName = { ref: 'refs/pull/1/merge', event: null };
export const KEYS = cacheKeys('CI / build');
export const DAY = 86_400_000;
/** When everything happens, unless a test says otherwise. */
export const NOW = Date.UTC(2026, 6, 1);

export interface Reading {
  /** `miss`: no index has it; else what was read was right. */
  readonly result: 'hit' | 'miss';
  /** Ids of the packs that could not be read. */
  readonly lost: readonly string[];
  readonly problems: readonly string[];
  readonly bytes: number;
}

/** Machines that keep results in one place, without the builds. */
export class PackWorld {
  readonly #blobs = new Map<string, Buffer>();
  readonly #root: string;
  #machines = 0;

  private constructor(root: string) {
    this.#root = root;
  }

  static async make(): Promise<PackWorld> {
    return new PackWorld(await mkdtemp(join(tmpdir(), 'pack-world-')));
  }

  /** A path in a folder that goes with the world. */
  path(name: string): string {
    return join(this.#root, name);
  }

  /** A machine's way to a place, with a scratch folder of its own. */
  async machine(transport: Transport): Promise<IndexPlace> {
    const scratch = this.path(`scratch-${++this.#machines}`);
    await mkdir(scratch);
    return { transport, keys: KEYS, scratch };
  }

  /** A result that needs these blobs. */
  result(name: string, ...contents: readonly Buffer[]): FreshEntry {
    const blobs = contents.map((content) => {
      const digest = digestOf(content);
      this.#blobs.set(digest.hash, content);
      return digest;
    });
    return {
      digest: digestOf(Buffer.from(`action ${name}`)),
      result: Buffer.from(`result of ${name}`),
      blobs: [...new Map(blobs.map((digest) => [digest.hash, digest])).values()],
    };
  }

  /** Takes a blob out of the local cache of every machine. */
  loseLocally({ hash }: Digest): void {
    this.#blobs.delete(hash);
  }

  async save(
    transport: Transport,
    fresh: readonly FreshEntry[],
    { under = MAIN, ...more }: Partial<SaveRequest> & { under?: ScopeName } = {},
    signal = never,
  ): Promise<SaveOutcome> {
    const place = await this.machine(transport);
    const request: SaveRequest = {
      place,
      scope: { ...under, tier: under === MAIN ? 'trusted' : 'untrusted' },
      readable: [...new Set([MAIN, under])],
      fresh,
      used: [],
      lost: [],
      inputOf: (digest) => this.#input(digest),
      limits: { maxAge: 14 * DAY, quota: 1e9, rewriteBytes: 1e8 },
      now: NOW,
      ...more,
    };
    const outcome = await saveResults(request, signal);
    await rm(place.scratch, { recursive: true });
    return outcome;
  }

  /** Looks a result up and reads all of it, as a fresh machine does. */
  async read(
    transport: Transport,
    wanted: FreshEntry,
    { refs = [MAIN], signal = never }: { refs?: readonly ScopeName[]; signal?: AbortSignal } = {},
  ): Promise<Reading> {
    const place = await this.machine(transport);
    const lost: string[] = [];
    const cache = new PackCache(
      place,
      refs,
      () => true,
      async (id) => void lost.push(id),
      signal,
    );
    try {
      const entry = await cache.find(wanted.digest.hash, signal);
      if (entry !== undefined) {
        this.#check(entry.blobs, await cache.readBlobs(entry.blobs, signal));
      }
      const problems = await cache.problems();
      return { result: entry === undefined ? 'miss' : 'hit', lost, problems, bytes: cache.bytes };
    } finally {
      const left = await readdir(place.scratch);
      await rm(place.scratch, { recursive: true });
      expect(left.filter((name) => name.startsWith('index-'))).toEqual([]);
    }
  }

  dispose(): Promise<void> {
    return rm(this.#root, { recursive: true, force: true });
  }

  #input(digest: Digest): BlobSource {
    const content = () => {
      const known = this.#blobs.get(digest.hash);
      if (known === undefined) throw Object.assign(new Error('not there'), { code: 'ENOENT' });
      return known;
    };
    return {
      digest,
      readInto: (target) => content().copy(target),
      open: () => [content()],
    };
  }

  #check(blobs: readonly Digest[], read: ReadonlyMap<string, Buffer>): void {
    for (const digest of blobs) {
      const content = read.get(digest.hash);
      if (content === undefined || digestOf(content).hash !== digest.hash)
        throw new Error(`what was read as ${digest.hash} is something else`);
    }
  }
}

/** Bytes that cannot be compressed and that nobody else has. */
export function noise(bytes: number): Buffer {
  return randomBytes(bytes);
}
