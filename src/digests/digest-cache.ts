import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as v from 'valibot';
import { systemErrorCode } from '../errors.js';
import { writeOwn } from '../files/write-whole.js';
import { seal, unseal } from './sealed.js';
import { settledFrom } from './settled.js';

/** What of a file's status changes whenever its content may have changed. */
export interface FileStatus {
  readonly size: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly ino: number;
}

const VERSION = 2;

type Entries = Readonly<Record<string, readonly [status: string, value: string]>>;

/** The seal says that the entries are whole; to look at a hundred thousand of them would take as long as to read them. */
const stored = v.object({
  version: v.literal(VERSION),
  entries: v.custom<Entries>((entries) => typeof entries === 'object' && entries !== null),
});

/** Thirty days. */
const KEPT_MILLISECONDS = 30 * 86_400_000;

/**
 * Remembers what was computed from a file or folder for as long as its status stays the same, so that an unchanged
 * file is not read again. It is a memory of this machine, in this user's cache folder; it is never shared.
 */
export class DigestCache {
  readonly #used = new Map<string, readonly [status: string, value: string]>();
  readonly #distrusted = new Set<string>();
  readonly #opened = Date.now();
  #changed = false;

  private constructor(
    private readonly file: string,
    private readonly known: Entries,
  ) {}

  /** Opens the memory kept in `file`. One that is missing, damaged or unreadable is an empty one. */
  static async open(file: string): Promise<DigestCache> {
    try {
      const text = unseal(await readFile(file));
      return new DigestCache(file, text === undefined ? {} : v.parse(stored, JSON.parse(text)).entries);
    } catch {
      return new DigestCache(file, {});
    }
  }

  recall(path: string, status: FileStatus): string | undefined {
    const entry = Object.hasOwn(this.known, path) ? this.known[path] : undefined;
    if (entry?.[0] !== fingerprint(status) || this.#distrusted.has(path)) return undefined;
    this.#used.set(path, entry);
    return entry[1];
  }

  /** Has the value of this path be found out anew: what was remembered of it is wrong, whatever its status says. */
  distrust(path: string): void {
    this.#distrusted.add(path);
    this.#changed = true;
  }

  /**
   * Takes the status read *before* the file was, so that a change meanwhile is noticed the next time. What had not come
   * to rest before this memory was opened could have changed since it was read, with the same status.
   */
  remember(path: string, status: FileStatus, value: string): void {
    if (settledFrom(status) > this.#opened) return;
    this.#used.set(path, [fingerprint(status), value]);
    this.#changed = true;
  }

  /** Keeps what this run used and forgets the rest. Where the disk does not take it, the next run reads more, and that is all. */
  async save(): Promise<void> {
    if (!this.#changed) return;
    const text = JSON.stringify({ version: VERSION, entries: Object.fromEntries(this.#used) });
    try {
      await writeOwn(this.file, seal(text));
      await removeOldFiles(dirname(this.file));
    } catch (error) {
      if (systemErrorCode(error) === undefined) throw error;
    }
  }
}

/** Memories of checkouts that are gone would otherwise stay for good. */
async function removeOldFiles(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const file = join(folder, name);
    const status = await stat(file).catch(() => undefined);
    if (status !== undefined && Date.now() - status.mtimeMs > KEPT_MILLISECONDS)
      await rm(file, { recursive: true, force: true });
  }
}

function fingerprint(status: FileStatus): string {
  return `${status.size} ${status.mtimeMs} ${status.ctimeMs} ${status.ino}`;
}
