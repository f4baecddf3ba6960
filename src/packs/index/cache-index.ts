import type { Digest } from '../../reapi/digest.js';
import type { CacheScope } from '../../trust/cache-scopes.js';

/** What is kept between runs: results and root file systems, and the packs that hold their blobs. */
export interface CacheIndex {
  /** By id. */
  readonly packs: ReadonlyMap<string, Pack>;
  /** By the hash of the action, or of the root of a tree. */
  readonly entries: ReadonlyMap<string, Entry>;
  /** Sequence numbers that somebody had taken before this index was written, and that could not be read yet. */
  readonly unresolved: readonly number[];
}

/** A file of blobs, one after the other. */
export interface Pack {
  /** The SHA-256 of the file, in hexadecimal. */
  readonly id: string;
  /** Where the transport has it. */
  readonly key: string;
  /** Of the file. */
  readonly bytes: number;
  readonly codec: 'zstd' | 'none';
  /** In the order of the file: a blob begins where those before it end. */
  readonly blobs: readonly Digest[];
}

/** The result of an action, or a tree that builds need, such as a root file system. */
export interface Entry {
  /** Of the Action; of the Directory at the root of a tree. */
  readonly digest: Digest;
  /** An encoded ActionResult; null for a tree. */
  readonly result: Buffer | null;
  /**
   * Every blob that it needs, each once, without the empty blob. Of a result: output files, trees, stdout, stderr; of a
   * tree: its directories and files.
   */
  readonly blobs: readonly Digest[];
  /** Under which it was written: what it is believed by. */
  readonly scope: CacheScope;
  /** Milliseconds since 1970, by the clock of the machine that wrote it; so is `usedAt`. */
  readonly writtenAt: number;
  readonly usedAt: number;
}

export const EMPTY_INDEX: CacheIndex = { packs: new Map(), entries: new Map(), unresolved: [] };

/** How many of its entries are what. */
export function countEntries({ entries }: CacheIndex): { readonly results: number; readonly trees: number } {
  let trees = 0;
  for (const { result } of entries.values()) if (result === null) trees++;
  return { results: entries.size - trees, trees };
}
