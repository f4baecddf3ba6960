import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as v from 'valibot';

/** What of a file's status changes whenever its content may have changed. */
export interface FileStatus {
  readonly size: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly ino: number;
}

const stored = v.object({
  version: v.literal(1),
  entries: v.record(v.string(), v.tuple([v.string(), v.string()])),
});

/** A file touched this recently, in milliseconds, could change again within the clock's granularity. */
const SETTLING_TIME = 100;

/** Thirty days. */
const KEPT_MILLISECONDS = 30 * 86_400_000;

/**
 * Remembers what was computed from a file or folder for as long as its status stays the same, so that an unchanged
 * file is not read again. It is a memory of this machine, in this user's cache folder; it is never shared.
 */
export class DigestMemory {
  readonly #used = new Map<string, [status: string, value: string]>();
  #changed = false;

  private constructor(
    private readonly file: string,
    private readonly known: Readonly<Record<string, [string, string]>>,
  ) {}

  /** Opens the memory kept in `file`. One that is missing or unreadable is an empty one. */
  static async open(file: string): Promise<DigestMemory> {
    try {
      return new DigestMemory(file, v.parse(stored, JSON.parse(await readFile(file, 'utf8'))).entries);
    } catch {
      return new DigestMemory(file, {});
    }
  }

  recall(path: string, status: FileStatus): string | undefined {
    const entry = Object.hasOwn(this.known, path) ? this.known[path] : undefined;
    if (entry?.[0] !== fingerprint(status)) return undefined;
    this.#used.set(path, entry);
    return entry[1];
  }

  /** Takes the status read *before* the file was, so that a change meanwhile is noticed the next time. */
  remember(path: string, status: FileStatus, value: string): void {
    if (Date.now() - Math.max(status.ctimeMs, status.mtimeMs) < SETTLING_TIME) return;
    this.#used.set(path, [fingerprint(status), value]);
    this.#changed = true;
  }

  /** Keeps what this run used and forgets the rest. */
  async save(): Promise<void> {
    if (!this.#changed) return;
    await mkdir(dirname(this.file), { recursive: true });
    const unfinished = `${this.file}.${process.pid}`;
    await writeFile(unfinished, JSON.stringify({ version: 1, entries: Object.fromEntries(this.#used) }));
    await rename(unfinished, this.file);
    await removeOldFiles(dirname(this.file));
  }
}

/** Memories of checkouts that are gone would otherwise stay for good. */
async function removeOldFiles(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const file = join(folder, name);
    const status = await stat(file).catch(() => undefined);
    if (status !== undefined && Date.now() - status.mtimeMs > KEPT_MILLISECONDS)
      await rm(file, { force: true });
  }
}

function fingerprint(status: FileStatus): string {
  return `${status.size} ${status.mtimeMs} ${status.ctimeMs} ${status.ino}`;
}
