import { lstatSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { CacheFolder } from './folder.js';
import { BLOBS } from './layout.js';

/** Bytes of what is in a cache folder beside casd's blobs, without what lasts only as long as the daemon. */
export interface OwnBytes {
  readonly memory: number;
  /** BuildBox, where it is kept in the folder. */
  readonly tools: number;
  /** Of the action cache, with their seals. */
  readonly results: number;
  readonly other: number;
}

/** What is counted elsewhere, and what lasts only as long as a build: the staged trees may be mounts. */
const NOT_OTHER = [BLOBS, 'actioncache', join('cas', 'staging'), join('cas', 'tmp')];

export function readOwnBytes(folder: CacheFolder): OwnBytes {
  const { root, storage, run } = folder;
  const results = bytesBelow(join(storage, 'actioncache')) + bytesBelow(folder.seals);
  const named = new Set(
    [folder.memory, folder.tools, folder.seals, storage, run].map((path) => relative(root, path)),
  );
  const others = namesIn(root).filter((name) => !named.has(name));
  const rest = others.reduce((sum, name) => sum + bytesBelow(join(root, name)), 0);
  const ofCasd = bytesBelow(storage, new Set(NOT_OTHER.map((path) => join(storage, path))));
  return {
    memory: bytesBelow(folder.memory),
    tools: bytesBelow(folder.tools),
    results,
    other: rest + ofCasd,
  };
}

export function sumOf({ memory, tools, results, other }: OwnBytes): number {
  return memory + tools + results + other;
}

/** The files at and below a path, without following symlinks; what vanishes meanwhile counts nothing. */
function bytesBelow(path: string, without: ReadonlySet<string> = new Set()): number {
  if (without.has(path)) return 0;
  const status = lstatSync(path, { throwIfNoEntry: false });
  if (status === undefined) return 0;
  if (!status.isDirectory()) return status.isFile() ? status.size : 0;
  return namesIn(path).reduce((sum, name) => sum + bytesBelow(join(path, name), without), 0);
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
