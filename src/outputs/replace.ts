import {
  access,
  chmod,
  constants,
  copyFile,
  lstat,
  mkdir,
  readlink,
  rename,
  rm,
  rmdir,
  symlink,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemErrorCode } from '../errors.js';
import type { TreeNode } from '../reapi/merkle.js';
import type { Journal } from './journal.js';
import { pathBelow, type PlannedOutput } from './plan.js';
import type { Scratch } from './scratch.js';
import { kindAt } from './kind-at.js';
import type { Standing } from './standing.js';

/** An output that lies complete in the scratch folder, to be put to its place. */
export interface StagedOutput {
  readonly output: PlannedOutput;
  /** Absolute. */
  readonly target: string;
  readonly staged: string;
  /** The scratch folder, absolute. */
  readonly scratch: string;
  /** What is staged, folders before what is in them. */
  readonly nodes: readonly TreeNode[];
  readonly standing: Standing;
  /** Whether some of it is not staged, for it stands there as it is to be. */
  readonly isPart: boolean;
}

/** What rename(2) says of a mount point, another file system, a folder in an image's layer, a full or read-only folder. */
const NO_RENAME: ReadonlySet<string | undefined> = new Set([
  'EACCES',
  'EBUSY',
  'EEXIST',
  'EINVAL',
  'ENOTEMPTY',
  'EPERM',
  'EXDEV',
]);

/**
 * Puts an output to its place: as a whole where nothing is kept there, else node by node.
 *
 * @throws the system's error; the journal then knows what was done
 */
export async function replaceOutput(
  request: StagedOutput,
  scratch: Scratch,
  journal: Journal,
): Promise<void> {
  const { standing, isPart } = request;
  const { kept, locked, kind } = standing;
  const inFull = !isPart && (kind !== 'directory' || (kept.length === 0 && !locked));
  if (!inFull || !(await swap(request, scratch, journal))) await merge(request, scratch, journal);
}

/** @returns whether that was possible; if not, all is as it was */
async function swap({ target, staged, scratch, standing }: StagedOutput, places: Scratch, journal: Journal) {
  if (scratch.startsWith(`${target}/`)) return false;
  const before = journal.length;
  const old = places.place(scratch);
  try {
    if (standing.kind !== null) {
      await rename(target, old);
      journal.note(target, () => rename(old, target));
    }
    await rename(staged, target);
    journal.note(target, () => rename(target, staged));
    return true;
  } catch (error) {
    if (!NO_RENAME.has(systemErrorCode(error))) throw error;
    await journal.takeBack(before);
    return false;
  }
}

async function merge(request: StagedOutput, places: Scratch, journal: Journal): Promise<void> {
  const { output, target, staged, nodes, standing } = request;
  const at = (path: string) => (path === '' ? target : join(target, path));
  const steps = new Steps(request.scratch, places, journal);
  for (const path of standing.doomed) await steps.takeAway(at(path));
  for (const path of standing.emptied) await steps.removeFolder(at(path));
  let done: string | undefined;
  for (const node of nodes) {
    const path = pathBelow(output, node);
    if (done !== undefined && path.startsWith(`${done}/`)) continue;
    const source = path === '' ? staged : join(staged, path);
    if (node.kind !== 'directory') await steps.put(source, at(path));
    else if (await steps.putFolder(source, at(path), path !== '')) done = path;
  }
}

/** Single changes of what stands, each noted. */
class Steps {
  constructor(
    private readonly scratch: string,
    private readonly places: Scratch,
    private readonly journal: Journal,
  ) {}

  /** Moves something away that is not a folder. */
  async takeAway(path: string): Promise<void> {
    await this.open(dirname(path));
    const old = await this.#move(path);
    this.journal.note(path, () => rename(old, path));
  }

  async #move(path: string): Promise<string> {
    const old = this.places.place(this.scratch);
    try {
      await rename(path, old);
      return old;
    } catch (error) {
      if (systemErrorCode(error) !== 'EXDEV') throw error;
      const aside = this.places.aside(path);
      await rename(path, aside);
      return aside;
    }
  }

  /** Removes a folder that should be empty by now. One that is not, or is a mount point, stays. */
  async removeFolder(path: string): Promise<void> {
    await this.open(dirname(path));
    const { mode } = await lstat(path);
    try {
      await rmdir(path);
    } catch (error) {
      if (['ENOTEMPTY', 'EEXIST', 'EBUSY'].includes(systemErrorCode(error) ?? '')) return;
      throw error;
    }
    this.journal.note(path, async () => {
      await mkdir(path);
      await chmod(path, mode & 0o7777);
    });
  }

  /** Puts a file or a symlink to its place. */
  async put(source: string, target: string): Promise<void> {
    await this.open(dirname(target));
    const kind = await kindAt(target);
    if (kind === 'directory') await this.removeFolder(target);
    else if (kind !== null) {
      try {
        await this.takeAway(target);
      } catch (error) {
        if (systemErrorCode(error) !== 'EBUSY') throw error;
        await this.#overwrite(source, target);
        return;
      }
    }
    this.journal.note(target, () => rm(target, { force: true }));
    await this.#bring(source, target);
  }

  async #bring(source: string, target: string): Promise<void> {
    try {
      await rename(source, target);
    } catch (error) {
      if (systemErrorCode(error) !== 'EXDEV') throw error;
      const aside = this.places.aside(target);
      await copyNode(source, aside);
      await rename(aside, target);
    }
  }

  /** A file that is a mount point can only be written anew. */
  async #overwrite(source: string, target: string): Promise<void> {
    const old = this.places.place(this.scratch);
    await copyFile(target, old);
    this.journal.note(target, () => copyFile(old, target));
    await copyFile(source, target);
    const { mode } = await lstat(source);
    await chmod(target, mode & 0o777).catch(() => undefined);
  }

  /** @returns whether the folder came with all that is in it */
  async putFolder(source: string, target: string, asWhole: boolean): Promise<boolean> {
    const kind = await kindAt(target);
    if (kind === 'directory') {
      await this.open(target);
      return false;
    }
    await this.open(dirname(target));
    if (kind !== null) await this.takeAway(target);
    if (asWhole && (await this.#moveFolder(source, target))) return true;
    await mkdir(target);
    this.journal.note(target, () => rmdir(target));
    return false;
  }

  async #moveFolder(source: string, target: string): Promise<boolean> {
    try {
      await rename(source, target);
    } catch (error) {
      if (!NO_RENAME.has(systemErrorCode(error))) throw error;
      return false;
    }
    this.journal.note(target, () => rename(target, source));
    return true;
  }

  /** A folder of ours that is read-only becomes writable, as one that is made anew would be. */
  async open(folder: string): Promise<void> {
    const isOpen = await access(folder, constants.W_OK | constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isOpen) return;
    const { mode } = await lstat(folder);
    await chmod(folder, (mode & 0o7777) | 0o700);
    this.journal.note(folder, () => chmod(folder, mode & 0o7777));
  }
}

async function copyNode(source: string, target: string): Promise<void> {
  const status = await lstat(source);
  if (status.isSymbolicLink()) {
    await symlink(await readlink(source), target);
    return;
  }
  await copyFile(source, target, constants.COPYFILE_EXCL);
}
