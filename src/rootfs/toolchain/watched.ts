import { createHash } from 'node:crypto';
import type { Stats } from 'node:fs';
import type { DigestCache } from '../../digests/digest-cache.js';
import { settledFrom } from '../../digests/settled.js';
import { statusOf, type HostTree } from '../host-tree.js';

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

/** The paths of one rank, as far as they can be kept, and their statuses flat. */
interface Rank {
  readonly paths: Set<string>;
  readonly numbers: number[];
}

/** Notes the status of every path that a finding rests on, so that it can be told later whether it still holds. */
export class Watch {
  /** By rank; there can be gaps. */
  readonly #ranks: Rank[] = [];
  readonly #began = Date.now();
  #settledFrom = 0;
  #dropped = false;

  /** @param most how many paths are looked at again before the finding is believed */
  constructor(
    private readonly tree: HostTree,
    private readonly most = Infinity,
  ) {}

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

  /** The same for a status that was read just now. There can be hundreds of thousands, so what is too much goes at once. */
  note(path: string, status: Stats | undefined, rank: number): void {
    if (status !== undefined) this.#settledFrom = Math.max(this.#settledFrom, this.#restOf(status));
    const { paths, numbers } = (this.#ranks[rank] ??= { paths: new Set(), numbers: [] });
    if (paths.size >= this.most) {
      this.#dropped = true;
    } else if (!paths.has(path)) {
      paths.add(path);
      numbers.push(...numbersOf(status));
    }
  }

  /** Programs give files any time, and one of tomorrow would never come to rest; the inode's is the kernel's. */
  #restOf({ mtimeMs, ctimeMs }: Stats): number {
    return settledFrom({ mtimeMs: mtimeMs > this.#began ? ctimeMs : mtimeMs, ctimeMs });
  }

  /** Whether everything watched had come to rest when the watch began. */
  get settled(): boolean {
    return this.#began >= this.#settledFrom;
  }

  /** What is looked at again: each path once, what comes first by rank, and whether that is all. */
  get kept(): Kept {
    const paths = new Set<string>();
    const numbers: number[] = [];
    let all = !this.#dropped;
    this.#ranks.forEach((rank) => {
      for (const [i, path] of [...rank.paths].entries()) {
        if (paths.has(path)) continue;
        if (paths.size === this.most) {
          all = false;
          return;
        }
        paths.add(path);
        numbers.push(...rank.numbers.slice(i * NUMBERS, (i + 1) * NUMBERS));
      }
    });
    return { paths: [...paths], fingerprint: fingerprintOf(new Float64Array(numbers)), all };
  }
}

interface Kept {
  readonly paths: readonly string[];
  readonly fingerprint: string;
  readonly all: boolean;
}

/**
 * The value that `find` makes of the files it watches, or the remembered one while all of them stay as they were.
 * The value must not hold a line break.
 */
export function remembered(
  memory: DigestCache,
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
export function recallWatched(memory: DigestCache, tree: HostTree, name: string): string | undefined {
  const text = memory.recall(keyOf(tree, name), NO_STATUS) ?? '';
  const [fingerprint, until, value, paths] = text.split('\n');
  if (paths === undefined || (until !== '' && Date.now() > Number(until))) return undefined;
  const watched = paths.split(SEPARATOR);
  const now = new Float64Array(watched.length * NUMBERS);
  for (const [i, path] of watched.entries()) now.set(numbersOf(statusOf(tree, `/${path}`)), i * NUMBERS);
  return fingerprintOf(now) === fingerprint ? value : undefined;
}

/** Where a part of what was watched is all that is looked at again, the value is not believed for long. */
export function rememberWatched(
  memory: DigestCache,
  tree: HostTree,
  name: string,
  watch: Watch,
  value: string,
): void {
  if (!watch.settled) return;
  const kept = watch.kept;
  const paths = kept.paths.map((path) => path.slice(1)).join(SEPARATOR);
  if (kept.paths.length === 0 || paths.includes('\n')) return;
  const until = kept.all ? '' : String(Date.now() + PARTLY_WATCHED);
  memory.remember(keyOf(tree, name), NO_STATUS, [kept.fingerprint, until, value, paths].join('\n'));
}

function keyOf(tree: HostTree, name: string): string {
  return `toolchain 3:${tree.root}:${name}`;
}
