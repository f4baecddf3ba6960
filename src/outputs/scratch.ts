import { chmod, lstat, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemErrorCode } from '../errors.js';
import { isAbandoned, isScratchName, SAVED, scratchName } from '../process/scratch-name.js';

const NOT_HERE: ReadonlySet<string | undefined> = new Set(['EACCES', 'EPERM', 'EROFS']);

/** Where things are made and moved away to, beside the places where they belong, so that to move them is a rename. */
export class Scratch {
  readonly #name = scratchName();
  readonly #folders = new Set<string>();
  readonly #asides: string[] = [];
  #count = 0;

  /** A folder beside a place, or in it, where it is a folder and beside it nothing may be written. */
  async besideOrIn(target: string): Promise<string> {
    const beside = join(dirname(target), this.#name);
    try {
      return await this.#make(beside);
    } catch (error) {
      if (!NOT_HERE.has(systemErrorCode(error))) throw error;
      const status = await lstat(target).catch(() => undefined);
      if (status?.isDirectory() !== true) throw error;
      return await this.#make(join(target, this.#name));
    }
  }

  async #make(folder: string): Promise<string> {
    if (!this.#folders.has(folder)) await mkdir(folder, { mode: 0o700 });
    this.#folders.add(folder);
    return folder;
  }

  place(folder: string): string {
    return join(folder, String(this.#count++));
  }

  /** A path in the same folder, where another file system begins at it. */
  aside(path: string): string {
    const aside = join(dirname(path), `${this.#name}-${this.#count++}`);
    this.#asides.push(aside);
    return aside;
  }

  /** @returns what could not be removed */
  async remove(): Promise<readonly string[]> {
    const left: string[] = [];
    for (const path of [...this.#asides, ...this.#folders]) {
      if (!(await removeAll(path))) left.push(path);
    }
    return left;
  }

  /** Leaves what was moved away for a person to find; @returns where. */
  async save(): Promise<readonly string[]> {
    const saved: string[] = [];
    for (const path of [...this.#asides, ...this.#folders]) {
      if (!(await isThere(path))) continue;
      const kept = `${path}${SAVED}`;
      await rename(path, kept).then(
        () => saved.push(kept),
        () => saved.push(path),
      );
    }
    return saved;
  }
}

function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

/** Removes what runs that died left in a folder. */
export async function sweep(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter(isScratchName)) {
    const path = join(folder, name);
    const status = await lstat(path).catch(() => undefined);
    if (status !== undefined && isAbandoned(name, Date.now() - status.mtimeMs)) await removeAll(path);
  }
}

/** Also folders that are read-only; @returns whether it is gone */
export async function removeAll(path: string): Promise<boolean> {
  const remove = () =>
    rm(path, { recursive: true, force: true }).then(
      () => true,
      () => false,
    );
  if (await remove()) return true;
  await openFolders(path);
  return remove();
}

async function openFolders(folder: string): Promise<void> {
  const status = await lstat(folder).catch(() => undefined);
  if (status?.isDirectory() !== true) return;
  await chmod(folder, 0o700).catch(() => undefined);
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) if (entry.isDirectory()) await openFolders(join(folder, entry.name));
}
