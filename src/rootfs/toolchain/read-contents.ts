import { contentDigest, costOf, digestAside, WHOLE } from './file-content.js';
import type { HostTree } from '../host-tree.js';
import type { ListingLimits } from './listing-limits.js';

/** Files over this size, in bytes, are read and hashed by other threads while the listing goes on. */
const LARGE = 256 * 1024;
/** So many at once. */
const ASIDE = 3;

/** A file whose content is to be added to a line of the listing. */
export interface Unread {
  readonly line: number;
  readonly path: string;
  readonly size: number;
  /** Whether it decides. */
  readonly first: boolean;
}

/** Whether the contents of all files were read, of those that decide and of the others. */
export interface ReadContents {
  readonly first: boolean;
  readonly others: boolean;
}

/** Adds contents to the lines of a listing, of what decides and of the rest, each as far as its limit reaches. */
export class Contents {
  readonly #read = {
    first: { files: 0, bytes: 0, all: true },
    others: { files: 0, bytes: 0, all: true },
  };
  readonly #waiting: Unread[] = [];
  readonly #aside: Promise<void>[] = [];
  /** Each is of one file at a time. */
  readonly #spaces: Buffer[] = [];
  #reading = 0;

  constructor(
    private readonly tree: HostTree,
    private readonly lines: string[],
    private readonly limits: ListingLimits,
    private readonly signal: AbortSignal,
  ) {}

  add(file: Unread): void {
    const kind = file.first ? 'first' : 'others';
    const read = this.#read[kind];
    if (!read.all) return;
    read.bytes += costOf(file.size);
    read.all = ++read.files <= this.limits[kind].files && read.bytes <= this.limits[kind].bytes;
    if (!read.all) return;
    if (costOf(file.size) === file.size && file.size > LARGE) {
      this.#waiting.push(file);
      if (this.#reading < ASIDE) this.#aside.push(this.#readAside());
    } else {
      this.#note(file, contentDigest(this.tree, file.path, file.size));
    }
  }

  /** @throws the signal's reason when it is aborted. */
  async end(): Promise<ReadContents> {
    await Promise.all(this.#aside);
    this.signal.throwIfAborted();
    return { first: this.#read.first.all, others: this.#read.others.all };
  }

  async #readAside(): Promise<void> {
    this.#reading++;
    const space = this.#spaces.pop() ?? Buffer.allocUnsafeSlow(WHOLE);
    for (let file; !this.signal.aborted && (file = this.#waiting.shift()) !== undefined;)
      this.#note(file, await digestAside(this.tree, file.path, space));
    this.#spaces.push(space);
    this.#reading--;
  }

  #note({ line }: Unread, digest: string): void {
    this.lines[line] = `${this.lines[line] ?? ''} ${digest}`;
  }
}
