import { createHash } from 'node:crypto';
import type { Stats } from 'node:fs';
import type { DigestMemory } from '../memory/digest-memory.js';
import { statusOf, type HostTree } from './host-tree.js';

/** Something touched this recently, in milliseconds, could change again within the clock's granularity. */
const SETTLING_TIME = 100;

/** The memory checks a status of its own; here the statuses of all watched paths are in the value instead. */
const NO_STATUS = { size: 0, mtimeMs: 0, ctimeMs: 0, ino: 0 };

/** No path holds this, because every path is normal. */
const SEPARATOR = '//';

/** Notes the status of every path that a finding rests on, so that it can be told later whether it still holds. */
export class Watch {
  readonly paths: string[] = [];
  readonly #numbers: number[] = [];
  readonly #began = Date.now();
  #newest = 0;

  constructor(private readonly tree: HostTree) {}

  /** The status of what stands at `path`, not following a link. To be asked before the content is read. */
  status(path: string): Stats | undefined {
    const status = statusOf(this.tree, path);
    this.paths.push(path);
    if (status === undefined) {
      this.#numbers.push(-1, -1, -1, -1);
    } else {
      this.#numbers.push(status.size, status.mtimeMs, status.ctimeMs, status.ino);
      this.#newest = Math.max(this.#newest, status.mtimeMs, status.ctimeMs);
    }
    return status;
  }

  /** Whether everything watched had been left alone for a while when the watch began. */
  get settled(): boolean {
    return this.#began - this.#newest >= SETTLING_TIME;
  }

  get fingerprint(): string {
    return createHash('sha256').update(new Float64Array(this.#numbers)).digest('hex');
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
  const [fingerprint, value, paths] = (memory.recall(keyOf(tree, name), NO_STATUS) ?? '').split('\n');
  if (paths === undefined) return undefined;
  const now = new Watch(tree);
  for (const path of paths.split(SEPARATOR)) now.status(`/${path}`);
  return now.fingerprint === fingerprint ? value : undefined;
}

export function rememberWatched(
  memory: DigestMemory,
  tree: HostTree,
  name: string,
  watch: Watch,
  value: string,
): void {
  const paths = watch.paths.map((path) => path.slice(1)).join(SEPARATOR);
  if (!watch.settled || watch.paths.length === 0 || paths.includes('\n')) return;
  memory.remember(keyOf(tree, name), NO_STATUS, [watch.fingerprint, value, paths].join('\n'));
}

function keyOf(tree: HostTree, name: string): string {
  return `toolchain:${tree.root}:${name}`;
}
