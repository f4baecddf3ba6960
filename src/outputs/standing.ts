import { createHash } from 'node:crypto';
import type { Dirent } from 'node:fs';
import { access, constants, lstat, open, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { isAbandoned, isScratchName } from '../process/scratch-name.js';
import type { TreeNode } from '../reapi/merkle.js';
import { A_FOLDER, aFile, aLink, contentOfNode, wasBrought } from './brought.js';
import type { Claim } from './claim.js';
import { type Kind, kindAt } from './kind-at.js';
import { pathBelow, type PlannedOutput } from './plan.js';

/** A claim on a folder that stands. */
interface Search extends Claim {
  /** What the result has, by its path below the output. */
  readonly wanted: ReadonlyMap<string, TreeNode['kind']>;
}

/** A Standing that is being made. */
type Finding = {
  -readonly [Key in keyof Standing]: Standing[Key] extends readonly string[] ? string[] : Standing[Key];
};

/** What stands at an output's place and is not in the result. All paths are relative to the output. */
export interface Standing {
  /** Null where nothing stands. */
  readonly kind: Kind | null;
  /** Nobody's but the user's. */
  readonly kept: readonly string[];
  /** Files, links and the like that go, for a run of ours brought them, or the build had and removed them. */
  readonly doomed: readonly string[];
  /** Of those the ones that the build had and removed. */
  readonly removed: readonly string[];
  /** Folders that go with them, what is inside first. */
  readonly emptied: readonly string[];
  /** Kept ones that are in the way: the result has a file where they need a folder. */
  readonly inTheWay: readonly string[];
  /** What runs that died left here. */
  readonly abandoned: readonly string[];
  /** Whether there is a folder in which nothing may be changed as it is. */
  readonly locked: boolean;
}

/**
 * Looks at what stands at an output's place, and follows no symlink. What the result does not have goes only where it
 * is ours: an earlier run brought it, just as it is, or it was an input and so the build has removed it. All else was
 * never seen by the build, and stays.
 *
 * @throws the system's error for a folder that the result needs and that cannot be read
 */
export async function lookAtPlace(claim: Claim): Promise<Standing> {
  const kind = await kindAt(claim.target);
  const found = {
    kind,
    kept: [],
    doomed: [],
    removed: [],
    emptied: [],
    inTheWay: [],
    abandoned: [],
    locked: false,
  } as Finding;
  if (kind !== 'directory') return found;
  await look({ ...claim, wanted: kindsOf(claim.output) }, '', found);
  if (claim.output.kind !== 'directory') found.inTheWay.push(...found.kept);
  return found;
}

function kindsOf(output: PlannedOutput): Search['wanted'] {
  const kinds = new Map<string, TreeNode['kind']>();
  for (const node of output.nodes) kinds.set(pathBelow(output, node), node.kind);
  return kinds;
}

/** @returns whether nothing in the folder stays that the result does not have */
async function look(search: Search, folder: string, found: Finding): Promise<boolean> {
  const keptBefore = found.kept.length;
  const entries = await entriesOf(search, folder);
  if (entries === undefined) {
    found.kept.push(folder);
    return false;
  }
  if (entries.length > 0 && !(await isOpen(join(search.target, folder)))) found.locked = true;
  for (const entry of entries) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (isScratchName(entry.name)) await lookAtScratch(search.target, path, entry.name, found);
    else if (entry.isDirectory()) await lookAtFolder(search, path, found);
    else await lookAtFile(search, path, entry, found);
  }
  return found.kept.length === keptBefore;
}

async function lookAtFolder(search: Search, path: string, found: Finding): Promise<void> {
  const wanted = search.wanted.get(path);
  const keptBefore = found.kept.length;
  const isEmptied = await look(search, path, found);
  if (wanted === 'directory') return;
  if (!isEmptied) {
    if (wanted !== undefined) found.inTheWay.push(...found.kept.slice(keptBefore));
    return;
  }
  const isOurs = search.givenFolders.has(path) || wasBrought(search.brought, path, A_FOLDER);
  if (wanted !== undefined || isOurs) found.emptied.push(path);
  else found.kept.push(path);
}

async function lookAtFile(search: Search, path: string, entry: Dirent, found: Finding): Promise<void> {
  if (search.wanted.has(path)) return;
  const content = await contentAt(search, path, entry);
  const given = search.given.get(path);
  const wasRemoved = given !== undefined && content === contentOfNode(given);
  if (!wasRemoved && !wasBrought(search.brought, path, content)) {
    found.kept.push(path);
    return;
  }
  found.doomed.push(path);
  if (wasRemoved) found.removed.push(path);
}

async function lookAtScratch(target: string, path: string, name: string, found: Finding): Promise<void> {
  const status = await lstat(join(target, path)).catch(() => undefined);
  if (status !== undefined && isAbandoned(name, Date.now() - status.mtimeMs)) found.abandoned.push(path);
}

/** Reads only what may be ours by its name: few files, or none. What cannot be read is not ours. */
async function contentAt({ target, given, brought }: Claim, path: string, entry: Dirent): Promise<string> {
  if (!given.has(path) && !brought.contents.some((content) => Object.hasOwn(content, path))) return '';
  const place = join(target, path);
  try {
    if (entry.isSymbolicLink()) return aLink(await readlink(place));
    return entry.isFile() ? aFile(await hashOf(place)) : '';
  } catch {
    return '';
  }
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    for await (const chunk of file.createReadStream({ autoClose: false })) hash.update(chunk as Buffer);
  } finally {
    await file.close();
  }
  return hash.digest('hex');
}

/** A folder that cannot be read is somebody's, unless the result needs it. */
async function entriesOf({ target, wanted }: Search, folder: string): Promise<Dirent[] | undefined> {
  try {
    return await readdir(join(target, folder), { withFileTypes: true });
  } catch (error) {
    if (wanted.has(folder)) throw error;
    return undefined;
  }
}

function isOpen(folder: string): Promise<boolean> {
  return access(folder, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
}
