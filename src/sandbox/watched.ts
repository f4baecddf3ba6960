import { createHash } from 'node:crypto';
import type { Stats } from 'node:fs';
import type { DigestMemory } from '../memory/digest-memory.js';
import { settledFrom } from '../memory/settled.js';
import { statusOf, type HostTree } from './host-tree.js';

/** The memory checks a status of its own; here the statuses of all watched paths are in the value instead. */
const NO_STATUS = { size: 0, mtimeMs: 0, ctimeMs: 0, ino: 0 };

/** No path holds this, because every path is normal. */
const SEPARATOR = '//';

/** How long a finding is believed of which a part is not watched, in milliseconds. */
const PARTLY_WATCHED = 3_600_000;

const ABSENT = [-1, -1, -1, -1, -1] as const;
const NUMBERS = ABSENT.length;

function numbersOf(status: Stats | undefined): readonly number[] {
  if (status === undefined) return ABSENT;
  return [status.size, status.mode, status.mtimeMs, status.ctimeMs, status.ino];
}

function fingerprintOf(numbers: Float64Array): string {
  return createHash('sha256').update(numbers).digest('hex');
}

/** Notes the status of every path that a finding rests on, so that it can be told later whether it still holds. */
export class Watch {
  readonly paths: string[] = [];
  readonly #ranks: number[] = [];
  /** Flat, because there can be a hundred thousand paths. */
  readonly #numbers: number[] = [];
  readonly #began = Date.now();
  #settledFrom = 0;

  constructor(private readonly tree: HostTree) {}

  /**
   * The status of what stands at `path`, not following a link. To be asked before the content is read.
   *
   * @param rank where not everything can be watched, the lowest is
   */
  status(path: string, rank = 0): Stats | undefined {
    const status = statusOf(this.tree, path);
    this.note(path, status, rank);
    return status;
  }

  /** The same for a status that was read just now. */
  note(path: string, status: Stats | undefined, rank: number): void {
    this.paths.push(path);
    this.#ranks.push(rank);
    this.#numbers.push(...numbersOf(status));
    if (status !== undefined) this.#settledFrom = Math.max(this.#settledFrom, this.#restOf(status));
  }

  /** Programs give files any time, and one of tomorrow would never come to rest; the inode's is the kernel's. */
  #restOf({ mtimeMs, ctimeMs }: Stats): number {
    return settledFrom({ mtimeMs: mtimeMs > this.#began ? ctimeMs : mtimeMs, ctimeMs });
  }

  /** Whether everything watched had come to rest when the watch began. */
  get settled(): boolean {
    return this.#began >= this.#settledFrom;
  }

  get fingerprint(): string {
    return fingerprintOf(new Float64Array(this.#numbers));
  }

  /** The part of it that comes first by rank; itself where that is all. */
  first(most: number): Watch {
    if (this.paths.length <= most) return this;
    const part = new Watch(this.tree);
    for (const [i] of [...this.#ranks.entries()].sort(([, a], [, b]) => a - b).slice(0, most)) {
      part.paths.push(this.paths[i] ?? '');
      part.#numbers.push(...this.#numbers.slice(i * NUMBERS, (i + 1) * NUMBERS));
    }
    return part;
  }
}

/**
 * The value that `find` makes of the files it watches, or the remembered one while all of them stay as they were.
 * The value must not hold a line break.
 */
export function remembered(
  memory: DigestMemory,
  tree: HostTree,
  name: string,
  find: (watch: Watch) => string,
): string {
  const known = recallWatched(memory, tree, name);
  if (known !== undefined) return known;
  const watch = new Watch(tree);
  const value = find(watch);
  rememberWatched(memory, tree, name, watch, value);
  return value;
}

/** The remembered value of that name, when everything it rests on is as it was. */
export function recallWatched(memory: DigestMemory, tree: HostTree, name: string): string | undefined {
  const text = memory.recall(keyOf(tree, name), NO_STATUS) ?? '';
  const [fingerprint, until, value, paths] = text.split('\n');
  if (paths === undefined || (until !== '' && Date.now() > Number(until))) return undefined;
  const watched = paths.split(SEPARATOR);
  const now = new Float64Array(watched.length * NUMBERS);
  for (const [i, path] of watched.entries()) now.set(numbersOf(statusOf(tree, `/${path}`)), i * NUMBERS);
  return fingerprintOf(now) === fingerprint ? value : undefined;
}

/**
 * @param most how many paths are looked at again before the value is believed. Where that is not all of them, it is
 *   not believed for long.
 */
export function rememberWatched(
  memory: DigestMemory,
  tree: HostTree,
  name: string,
  watch: Watch,
  value: string,
  most = Infinity,
): void {
  const kept = watch.first(most);
  const paths = kept.paths.map((path) => path.slice(1)).join(SEPARATOR);
  if (!watch.settled || kept.paths.length === 0 || paths.includes('\n')) return;
  const until = kept === watch ? '' : String(Date.now() + PARTLY_WATCHED);
  memory.remember(keyOf(tree, name), NO_STATUS, [kept.fingerprint, until, value, paths].join('\n'));
}

function keyOf(tree: HostTree, name: string): string {
  return `toolchain 3:${tree.root}:${name}`;
}
