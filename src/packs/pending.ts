import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatDigest, type Digest } from '../reapi/digest.js';

/** What runs on this machine have still to tell the cache that is kept between runs. */
export interface PendingSave {
  /** Actions whose results are new. */
  readonly built: readonly Digest[];
  /** Roots of trees that builds needed. */
  readonly trees: readonly Digest[];
  /** Hashes of actions whose kept results were used. */
  readonly used: readonly string[];
  /** Packs that are kept no more, or are damaged. */
  readonly lost: readonly string[];
  readonly names: readonly string[];
}

/**
 * Notes stand in a folder, one an empty file whose name says it all: writing one cannot be cut short, and those of a
 * run that was killed are there for the next.
 *
 * @param folder of the notes for one place and one scope
 */
export async function noteBuilt(folder: string, action: Digest): Promise<void> {
  await note(folder, `built-${formatDigest(action).replace('/', '-')}`);
}

export async function noteTree(folder: string, root: Digest): Promise<void> {
  await note(folder, `tree-${formatDigest(root).replace('/', '-')}`);
}

export async function noteUsed(folder: string, actionHash: string): Promise<void> {
  await note(folder, `used-${actionHash}`);
}

export async function noteLost(folder: string, packId: string): Promise<void> {
  await note(folder, `lost-${packId}`);
}

/** Reads the notes; a name that is not one of ours is left alone. */
export async function readPending(folder: string): Promise<PendingSave> {
  const names = await readdir(folder).catch(() => []);
  const match = (pattern: RegExp) =>
    names.flatMap((name) => [pattern.exec(name)?.slice(1) ?? []].filter((found) => found.length > 0));
  const digests = (pattern: RegExp) =>
    match(pattern).map(([hash = '', size]) => ({ hash, sizeBytes: Number(size) }));
  return {
    built: digests(/^built-([0-9a-f]{64})-(\d{1,15})$/),
    trees: digests(/^tree-([0-9a-f]{64})-(\d{1,15})$/),
    used: match(/^used-([0-9a-f]{64})$/).map(([hash = '']) => hash),
    lost: match(/^lost-([0-9a-f]{64})$/).map(([id = '']) => id),
    names,
  };
}

/** Forgets the notes of a save that is done; those that came in between stay. */
export async function forgetPending(folder: string, { names }: PendingSave): Promise<void> {
  for (const name of names) await rm(join(folder, name), { recursive: true, force: true });
}

async function note(folder: string, name: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(join(folder, name), '');
}
